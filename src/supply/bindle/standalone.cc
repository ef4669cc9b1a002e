#include "supply/bindle/standalone.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "supply/archive/reader.h"
#include "supply/bindle/parcel_writer.h"
#include "supply/store/write.h"

namespace wagi::bindle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInvoiceFile = "invoice.toml";
constexpr std::string_view kParcelFolder = "parcels/";
constexpr std::string_view kParcelSuffix = ".dat";
constexpr archive::Limits kLimits{kArchiveBytesMax, kArchiveEntriesMax};

std::string parcelFile(const std::string& folder, const store::Digest& digest) {
  return fmt::format("{}/{}{}{}", folder, kParcelFolder, digest, kParcelSuffix);
}

// The digest in "parcels/HEX.dat".
std::optional<store::Digest> digestIn(std::string_view name) {
  if (!name.starts_with(kParcelFolder) || !name.ends_with(kParcelSuffix)) return std::nullopt;
  name.remove_prefix(kParcelFolder.size());
  name.remove_suffix(kParcelSuffix.size());
  const auto digest = store::parseDigest(name);
  return digest == name ? digest : std::nullopt;
}

std::string_view behindFirstFolder(std::string_view path) {
  if (path.starts_with("./")) path.remove_prefix(2);
  const std::size_t slash = path.find('/');
  return slash == path.npos ? std::string_view() : path.substr(slash + 1);
}

// Calls `visit` for each regular file of a .tar.gz with its path behind the first folder, such as
// "invoice.toml" or "parcels/HEX.dat". Nothing but what Bindle writes is unpacked.
Result<void> forEachFile(
    const std::string& path,
    const std::function<Result<void>(std::string_view name, archive::Reader& reader)>& visit) {
  const auto wrong = [&](const Error& error) {
    return fail(fmt::format("{}: {}", path, error.message));
  };
  auto reader = archive::Reader::open(path, archive::Packing::kGzip, kLimits);
  if (!reader) return wrong(reader.error());
  for (;;) {
    const auto more = reader->next();
    if (!more) return wrong(more.error());
    if (!*more) return {};
    if (reader->kind() != archive::Reader::Kind::kFile) continue;
    if (auto visited = visit(behindFirstFolder(reader->path()), *reader); !visited) {
      return wrong(visited.error());
    }
  }
}

Result<std::string> invoiceInArchive(const std::string& path) {
  std::optional<std::string> text;
  const auto read =
      forEachFile(path, [&](std::string_view name, archive::Reader& reader) -> Result<void> {
        if (name != kInvoiceFile || text) return {};
        if (reader.size() > kDocumentBytesMax) return fail("its invoice is too large");
        text.emplace();
        return reader.read([&](std::string_view piece) -> Result<void> {
          text->append(piece);
          return {};
        });
      });
  if (!read) return std::unexpected(read.error());
  if (!text) return fail(fmt::format("{} has no {} in its folder", path, kInvoiceFile));
  return *std::move(text);
}

Result<void> takeParcel(archive::Reader& reader, const NeededParcel& parcel,
                        const store::Store& store) {
  auto writer = ParcelWriter::begin(store, parcel.digest, parcel.size, ParcelWriter::Wait::kYes);
  if (!writer) return std::unexpected(writer.error());
  auto read = reader.read([&](std::string_view piece) -> Result<void> {
    if (piece.size() > (*writer)->left()) return std::unexpected(moreThan(parcel.size));
    return (*writer)->write(piece);
  });
  return read ? (*writer)->finish() : read;
}

// Stores the parcels in an archive that are needed and that the store doesn't have.
Result<void> takeFromArchive(const std::string& path, const std::vector<NeededParcel>& needed,
                             const store::Store& store) {
  std::unordered_map<std::string_view, const NeededParcel*> open;
  for (const NeededParcel& parcel : needed) {
    if (!store.find(parcel.digest)) open.emplace(parcel.digest, &parcel);
  }
  if (open.empty()) return {};
  return forEachFile(path, [&](std::string_view name, archive::Reader& reader) -> Result<void> {
    const auto digest = digestIn(name);
    const auto found = digest ? open.find(*digest) : open.end();
    if (found == open.end()) return {};
    const NeededParcel& parcel = *found->second;
    open.erase(found);
    auto taken = takeParcel(reader, parcel, store);
    if (taken) return taken;
    return fail(fmt::format("the parcel {}: {}", parcel.name, taken.error().message));
  });
}

Result<void> takeFromFolder(const std::string& folder, const std::vector<NeededParcel>& needed,
                            const store::Store& store) {
  for (const NeededParcel& parcel : needed) {
    const std::string path = parcelFile(folder, parcel.digest);
    std::error_code error;
    if (!fs::exists(path, error)) continue;
    auto stored = storeParcelFile(store, parcel.digest, parcel.size, path);
    if (!stored) return stored;
  }
  return {};
}

}  // namespace

Result<Standalone> Standalone::open(const std::string& directory, const Id& id) {
  const std::string folder = fmt::format("{}/{}", directory, id.folder());
  const std::string archive = folder + ".tar.gz";
  std::error_code error;
  const bool is_folder = fs::is_directory(folder, error);
  if (!is_folder && !fs::is_regular_file(archive, error)) {
    return fail(fmt::format("{} isn't in {}: there is neither a folder {} nor that with .tar.gz",
                            id.text(), directory, id.folder()));
  }
  Standalone standalone(is_folder ? folder : archive, !is_folder);
  const std::string name =
      is_folder ? fmt::format("{}/{}", folder, kInvoiceFile) : archive + " (invoice.toml)";
  const auto text = is_folder ? readFile(name, kDocumentBytesMax) : invoiceInArchive(archive);
  if (!text) return std::unexpected(text.error());
  auto invoice = parseInvoice(*text, Format::kToml, name);
  if (!invoice) return std::unexpected(invoice.error());
  if (invoice->id != id) {
    return fail(fmt::format("{}: expected {}, it is {}", name, id.text(), invoice->id.text()));
  }
  standalone.invoice_ = *std::move(invoice);
  return standalone;
}

Result<void> Standalone::takeThose(const std::vector<NeededParcel>& needed, Missing missing,
                                   const store::Store& store) const {
  auto taken =
      is_archive_ ? takeFromArchive(path_, needed, store) : takeFromFolder(path_, needed, store);
  if (!taken) return taken;
  if (missing == Missing::kAllowed) return {};
  for (const NeededParcel& parcel : needed) {
    if (store.find(parcel.digest)) continue;
    return fail(fmt::format("the parcel \"{}\" (sha256:{}) of {} isn't in {}",
                            printable(parcel.name), parcel.digest, invoice_.id.text(), path_));
  }
  return {};
}

Result<void> Standalone::take(const std::vector<NeededParcel>& needed,
                              const store::Store& store) const {
  return takeThose(needed, Missing::kAnError, store);
}

Result<void> Standalone::takeAll(const store::Store& store) const {
  return takeThose(allParcelsOf(invoice_), Missing::kAllowed, store);
}

std::vector<NeededParcel> allParcelsOf(const Invoice& invoice) {
  std::unordered_set<std::string_view> seen;
  std::vector<NeededParcel> parcels;
  for (const Parcel& parcel : invoice.parcels) {
    const Label& label = parcel.label;
    if (seen.insert(label.sha256).second) parcels.push_back({label.sha256, label.size, label.name});
  }
  return parcels;
}

Result<std::string> writeStandalone(const std::string& directory, const Invoice& invoice,
                                    const store::Store& store) {
  std::string folder = fmt::format("{}/{}", directory, invoice.id.folder());
  const auto failed = [&](const std::string& path, const std::error_code& error) {
    return fail(fmt::format("can't write {}: {}", path, error.message()));
  };
  std::error_code error;
  fs::create_directories(fmt::format("{}/{}", folder, kParcelFolder), error);
  if (error) return failed(folder, error);
  for (const NeededParcel& parcel : allParcelsOf(invoice)) {
    const auto blob = store.find(parcel.digest);
    if (!blob)
      return fail(fmt::format("the parcel \"{}\" isn't in the store", printable(parcel.name)));
    const std::string path = parcelFile(folder, parcel.digest);
    if (fs::exists(path, error)) continue;
    fs::copy_file(*blob, path, error);
    if (error) return failed(path, error);
  }
  constexpr mode_t kMode = 0644;
  // The invoice comes last, so that a folder that has one is complete.
  auto written = store::writeWhole(fmt::format("{}/{}", folder, kInvoiceFile),
                                   write(invoice, Format::kToml), kMode);
  if (!written) return std::unexpected(written.error());
  return folder;
}

}  // namespace wagi::bindle
