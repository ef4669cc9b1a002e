// Work for the processor alone, to be run as a guest and natively. Prints one line of JSON: the
// seconds of each kernel, the least of a few runs by its own clock so that no start counts, and a
// checksum of the results.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint32_t rotated(uint32_t word, int bits) { return (word >> bits) | (word << (32 - bits)); }

// The square and cube roots' bits that FIPS 180-4 takes its constants from, by search for the
// integer root: n is at most 2^2 * 2^64 or 2^3 * 2^96.
static uint32_t root_bits(uint32_t prime, int degree) {
  uint64_t low = 0, high = (uint64_t)32 << 32;
  while (high - low > 1) {
    const uint64_t middle = low + (high - low) / 2;
    unsigned __int128 power = middle;
    for (int i = 1; i < degree; ++i) power = power * middle;
    if (power <= (unsigned __int128)prime << (32 * degree))
      low = middle;
    else
      high = middle;
  }
  return (uint32_t)low;
}

static uint64_t sha256(void) {
  enum { kBlocks = 300000 };
  static uint32_t constants[64];
  uint32_t state[8];
  for (uint32_t candidate = 2, count = 0; count < 64; ++candidate) {
    int is_prime = 1;
    for (uint32_t i = 2; i * i <= candidate; ++i) is_prime &= candidate % i != 0;
    if (!is_prime) continue;
    if (count < 8) state[count] = root_bits(candidate, 2);
    constants[count++] = root_bits(candidate, 3);
  }
  for (uint32_t block = 0; block < kBlocks; ++block) {
    uint32_t words[64];
    for (uint32_t i = 0; i < 16; ++i) words[i] = block * 16 + i;
    for (int i = 16; i < 64; ++i) {
      const uint32_t a = words[i - 15], b = words[i - 2];
      words[i] = words[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ (a >> 3)) + words[i - 7] +
                 (rotated(b, 17) ^ rotated(b, 19) ^ (b >> 10));
    }
    uint32_t v[8];
    memcpy(v, state, sizeof v);
    for (int i = 0; i < 64; ++i) {
      const uint32_t first = v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) +
                             ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + words[i];
      const uint32_t second = (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) +
                              ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
      memmove(v + 1, v, 7 * sizeof v[0]);
      v[4] += first;
      v[0] = first + second;
    }
    for (int i = 0; i < 8; ++i) state[i] += v[i];
  }
  return (uint64_t)state[0] << 32 | state[7];
}

static uint64_t matrix(void) {
  enum { kSide = 300, kTimes = 20 };
  static double a[kSide][kSide], b[kSide][kSide], c[kSide][kSide];
  for (int i = 0; i < kSide; ++i) {
    for (int j = 0; j < kSide; ++j) {
      a[i][j] = (i * 7 + j) % 11;
      b[i][j] = (i + j * 3) % 13;
    }
  }
  double sum = 0;
  for (int time = 0; time < kTimes; ++time) {
    memset(c, 0, sizeof c);
    for (int i = 0; i < kSide; ++i) {
      for (int k = 0; k < kSide; ++k) {
        const double factor = a[i][k];
        for (int j = 0; j < kSide; ++j) c[i][j] += factor * b[k][j];
      }
    }
    sum += c[time][kSide - 1 - time];
    a[0][time] += 1;
  }
  return (uint64_t)sum;
}

static int is_less(uint32_t left, uint32_t right) { return left < right; }

// Sorting compares through a pointer, as libraries do. qsort itself would be another program in
// each library.
static int (*volatile less)(uint32_t, uint32_t) = is_less;

static void quick_sort(uint32_t* values, size_t count) {
  while (count > 1) {
    const uint32_t pivot = values[count / 2];
    size_t low = 0, high = count - 1;
    for (;; ++low, --high) {
      while (less(values[low], pivot)) ++low;
      while (less(pivot, values[high])) --high;
      if (low >= high) break;
      const uint32_t kept = values[low];
      values[low] = values[high];
      values[high] = kept;
    }
    quick_sort(values, low);
    values += low;
    count -= low;
    if (low == 0) {
      ++values;
      --count;
    }
  }
}

static void sift(uint32_t* values, size_t at, size_t count) {
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && values[child + 1] > values[child]) ++child;
    if (values[at] >= values[child]) return;
    const uint32_t kept = values[at];
    values[at] = values[child];
    values[child] = kept;
  }
}

static void fill(uint32_t* values, size_t count, uint32_t seed) {
  for (size_t i = 0; i < count; ++i) values[i] = seed = seed * 1664525 + 1013904223;
}

static uint64_t sort(void) {
  enum { kCount = 600000 };
  static uint32_t values[kCount];
  fill(values, kCount, 1);
  for (size_t i = kCount / 2; i-- > 0;) sift(values, i, kCount);
  for (size_t end = kCount; --end > 0;) {
    const uint32_t kept = values[0];
    values[0] = values[end];
    values[end] = kept;
    sift(values, 0, end);
  }
  const uint64_t sum = values[kCount / 3];
  fill(values, kCount / 2, 2);
  quick_sort(values, kCount / 2);
  for (size_t i = 1; i < kCount / 2; ++i)
    if (values[i - 1] > values[i]) abort();
  return sum << 32 | values[kCount / 5];
}

static uint64_t mandelbrot(void) {
  enum { kWidth = 900, kHeight = 600, kSteps = 300 };
  uint64_t inside = 0;
  for (int row = 0; row < kHeight; ++row) {
    for (int column = 0; column < kWidth; ++column) {
      const double x = -2.2 + 3.0 * column / kWidth, y = -1.2 + 2.4 * row / kHeight;
      double real = 0, imaginary = 0;
      int step = 0;
      for (; step < kSteps && real * real + imaginary * imaginary < 4; ++step) {
        const double next = real * real - imaginary * imaginary + x;
        imaginary = 2 * real * imaginary + y;
        real = next;
      }
      inside += step == kSteps;
    }
  }
  return inside;
}

// Reads bytes through branches and a table, as parsers do.
static uint64_t words(void) {
  enum { kBytes = 1 << 22, kTimes = 16, kBuckets = 4096 };
  static unsigned char text[kBytes];
  static uint32_t counts[kBuckets];
  uint32_t seed = 3;
  for (size_t i = 0; i < kBytes; ++i) {
    seed = seed * 1664525 + 1013904223;
    text[i] = seed >> 29 == 0 ? ' ' : (unsigned char)('a' + (seed >> 24) % 26);
  }
  uint64_t total = 0;
  for (int time = 0; time < kTimes; ++time) {
    uint32_t hash = 5381;
    for (size_t i = 0; i < kBytes; ++i) {
      if (text[i] == ' ') {
        total += ++counts[hash % kBuckets];
        hash = 5381;
      } else {
        hash = hash * 33 + text[i];
      }
    }
  }
  return total;
}

int main(void) {
  enum { kTimes = 3 };
  const struct {
    const char* name;
    uint64_t (*run)(void);
  } kernels[] = {{"sha256", sha256},
                 {"matrix", matrix},
                 {"sort", sort},
                 {"mandelbrot", mandelbrot},
                 {"words", words}};
  uint64_t checksum = 0;
  double total = 0;
  printf("{");
  for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; ++i) {
    double seconds = 1e9;
    for (int time = 0; time < kTimes; ++time) {
      const double before = now();
      const uint64_t result = kernels[i].run();
      const double taken = now() - before;
      if (taken < seconds) seconds = taken;
      if (time == 0) checksum = checksum * 31 + result;
    }
    total += seconds;
    printf("\"%s_s\": %.6f, ", kernels[i].name, seconds);
  }
  printf("\"total_s\": %.6f, \"checksum\": %" PRIu64 "}\n", total, checksum);
  return 0;
}
