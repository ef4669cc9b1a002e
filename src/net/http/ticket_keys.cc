#include "net/http/ticket_keys.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>

namespace wagi::http {
namespace {

// More than are read, so that the one which is written is none of these.
constexpr std::size_t kSlots = TicketKeys::kKept + 2;

// Where contexts and connections keep their keys.
int indexOfContext() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}
int indexOfStream() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

constexpr int kRefused = -1;
constexpr int kUnknownKey = 0;  // The client makes a full handshake.
constexpr int kGood = 1;
constexpr int kRenew = 2;  // Good, and the client gets a ticket of the newest key.

bool setMac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 3> parameters{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

// As OpenSSL's SSL_CTX_set_tlsext_ticket_key_evp_cb(3) describes it.
int onTicket(SSL* stream, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
             EVP_MAC_CTX* mac, int encrypts) {
  const auto* keys = static_cast<const TicketKeys*>(SSL_get_ex_data(stream, indexOfStream()));
  if (keys == nullptr) {
    keys = static_cast<const TicketKeys*>(
        SSL_CTX_get_ex_data(SSL_get_SSL_CTX(stream), indexOfContext()));
  }
  if (keys == nullptr) return kUnknownKey;
  if (encrypts != 0) {
    TicketKeys::Key key = keys->newest();
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return kRefused;
    std::ranges::copy(key.name, name);
    const bool good =
        EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher.data(), iv, nullptr) == 1 &&
        setMac(mac, key);
    return good ? kGood : kRefused;
  }
  auto found = keys->find(std::span<const unsigned char, 16>(name, 16));
  if (!found) return kUnknownKey;
  const bool good =
      setMac(mac, found->key) &&
      EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), found->key.cipher.data(), iv, nullptr) == 1;
  if (!good) return kRefused;
  return found->is_newest ? kGood : kRenew;
}

}  // namespace

// `count` keys were made; the newest is in slot (count - 1) % kSlots. The next is written to a slot
// that no reader looks at, before the count says that it is there.
struct TicketKeys::Shared {
  std::atomic<std::uint64_t> count = 0;
  std::array<Key, kSlots> keys;
};

Result<std::unique_ptr<TicketKeys>> TicketKeys::create() {
  void* const memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return fail(fmt::format("no memory for the keys of tickets: {}", std::strerror(errno)));
  }
  std::unique_ptr<TicketKeys> keys(new TicketKeys(new (memory) Shared));
  keys->lend(false);
  if (auto rotated = keys->rotate(); !rotated) return std::unexpected(std::move(rotated.error()));
  return keys;
}

TicketKeys::~TicketKeys() { ::munmap(shared_, sizeof(Shared)); }

Result<void> TicketKeys::rotate() {
  const std::uint64_t count = shared_->count.load(std::memory_order_relaxed);
  Key& key = shared_->keys[count % kSlots];
  if (RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 ||
      RAND_priv_bytes(key.cipher.data(), static_cast<int>(key.cipher.size())) != 1 ||
      RAND_priv_bytes(key.mac.data(), static_cast<int>(key.mac.size())) != 1) {
    return fail("OpenSSL has no randomness for the keys of tickets");
  }
  shared_->count.store(count + 1, std::memory_order_release);
  return {};
}

void TicketKeys::lend(bool lent) const {
  ::madvise(shared_, sizeof(Shared), lent ? MADV_DOFORK : MADV_DONTFORK);
}

TicketKeys::Key TicketKeys::newest() const {
  const std::uint64_t count = shared_->count.load(std::memory_order_acquire);
  return shared_->keys[(count - 1) % kSlots];
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const unsigned char, 16> name) const {
  const std::uint64_t count = shared_->count.load(std::memory_order_acquire);
  for (std::uint64_t i = count; i > 0 && i + kKept > count; --i) {
    const Key& key = shared_->keys[(i - 1) % kSlots];
    if (std::ranges::equal(key.name, name)) return Found{key, i == count};
  }
  return std::nullopt;
}

void TicketKeys::use(SSL_CTX* context) const {
  SSL_CTX_set_ex_data(context, indexOfContext(), const_cast<TicketKeys*>(this));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, onTicket);
}

void TicketKeys::use(SSL* stream) const {
  SSL_set_ex_data(stream, indexOfStream(), const_cast<TicketKeys*>(this));
}

}  // namespace wagi::http
