// `wagi bindle info`, `yank` and `search`

#include <algorithm>

#include "base/printable.h"
#include "base/say.h"
#include "cli/bindle.h"
#include "supply/bindle/standalone.h"
#include "supply/bindle/version.h"

namespace wagi::cli {
namespace {

constexpr Page kInfoPage{
    .usage = "wagi bindle info ID [OPTIONS]",
    .description =
        "Prints the invoice of the bindle ID, NAME/VERSION, of a server, or of a folder of\n"
        "standalone bindles. With a keyring, its signatures are verified first.",
    .examples =
        "  wagi bindle info example.com/hello/1.2.3 --url https://bindle.example.com/v1\n"
        "  wagi bindle info hello/1.2.3 --from bindles --json"};

constexpr Page kYankPage{
    .usage = "wagi bindle yank ID [OPTIONS]",
    .description =
        "Withdraws the bindle ID, NAME/VERSION, on a server: it is no longer given out, nor "
        "found.\n"
        "This can't be undone.",
    .examples = "  wagi bindle yank hello/1.2.3 --url http://127.0.0.1:8080/v1"};

constexpr Page kSearchPage{
    .usage = "wagi bindle search [WORD...] [OPTIONS]",
    .description = "Lists those bindles of a server whose name has all the words, a line each.",
    .examples =
        "  wagi bindle search --url http://127.0.0.1:8080/v1\n"
        "  wagi bindle search hello --range '^1.2'"};

// How many matches are asked for at once: their invoices, which come whole, must stay under the
// limit on an answer.
constexpr std::uint64_t kPageMax = 25;

Result<bindle::Invoice> invoiceOf(const BindleCommand& command, const std::string& folder,
                                  bindle::Client::Yanked yanked) {
  if (!folder.empty()) {
    auto standalone = bindle::Standalone::open(folder, command.id());
    if (!standalone) return std::unexpected(standalone.error());
    return standalone->invoice();
  }
  const auto server = command.server();
  if (!server) return std::unexpected(server.error());
  bindle::Client client(*server);
  auto invoice = client.invoice(command.id(), yanked);
  if (!invoice) return fail(invoice.error().message);
  return *std::move(invoice);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text.push_back(' ');
    text.append(word);
  }
  return text;
}

void print(const bindle::Match& match) {
  std::string line = match.id.text();
  if (match.yanked) line += " (yanked)";
  if (match.description) line += "  " + *match.description;
  say(stdout, "{}\n", printable(line, kMessageBytesMax));
}

}  // namespace

int bindleInfo(const Arguments& words) {
  BindleCommand command("info", kInfoPage, BindleCommand::Signatures::kAskedFor);
  std::string folder;
  bool yanked = false;
  bool json = false;
  CLI::App& app = command.app();
  app.add_option("--from,--bindle-path", folder, "Folder of standalone bindles")->type_name("DIR");
  app.add_flag("--yanked", yanked, "Of one that is yanked, too");
  app.add_flag("--json", json, "In JSON rather than TOML");
  if (const auto code = command.parse(words)) return *code;
  using Yanked = bindle::Client::Yanked;
  const auto invoice = invoiceOf(command, folder, yanked ? Yanked::kTaken : Yanked::kRefused);
  if (!invoice) return bindleFailed("info", invoice.error().message);
  if (const auto& trust = command.trust()) {
    auto good = bindle::verify(*invoice, trust->strategy, trust->keyring);
    if (!good) return bindleFailed("info", good.error().message);
  }
  printOutput(bindle::write(*invoice, json ? bindle::Format::kJson : bindle::Format::kToml) + '\n');
  return kExitOk;
}

int bindleYank(const Arguments& words) {
  BindleCommand command("yank", kYankPage, BindleCommand::Signatures::kNotAskedFor);
  if (const auto code = command.parse(words)) return *code;
  const auto server = command.server();
  if (!server) return usageError(command.app(), server.error().message);
  bindle::Client client(*server);
  if (const auto yanked = client.yank(command.id()); !yanked) {
    return bindleFailed("yank", yanked.error().message);
  }
  say(stdout, "{}: yanked\n", command.id().text());
  return kExitOk;
}

int bindleSearch(const Arguments& words) {
  CLI::App app("", "wagi bindle search");
  setPage(app, kSearchPage);
  std::vector<std::string> terms;
  bindle::Search search;
  std::uint64_t limit = 50;
  BindleServerFlags server_flags;
  app.add_option("WORD", terms, "What a name must contain");
  app.add_option("--range", search.version, "Of versions, such as ^1.2 or >=1.0.0")
      ->type_name("RANGE");
  app.add_option("--limit", limit, "Lines at most")->type_name("N")->capture_default_str();
  app.add_flag("--yanked", search.yanked, "With those that are yanked");
  server_flags.addTo(app);
  if (const auto code = parse(app, words)) return *code;
  const auto server = server_flags.server();
  if (!server) return usageError(app, server.error().message);
  // Any version shows whether the server could read it.
  if (const auto read = bindle::fulfills(bindle::Version{}, search.version); !read) {
    return usageError(app, "--range: " + read.error().message);
  }
  search.words = joined(terms);
  bindle::Client client(*server);
  while (limit > 0) {
    search.limit = static_cast<std::uint8_t>(std::min(limit, kPageMax));
    const auto page = client.search(search);
    if (!page) return bindleFailed("search", page.error().message);
    for (const bindle::Match& match : page->matches) print(match);
    const std::uint64_t count = page->matches.size();
    limit -= std::min(limit, count);
    search.offset += count;
    if (limit == 0 && page->more) {
      say(stderr, "... and more: {} in all\n", page->total);
    }
    if (!page->more || count == 0) break;
  }
  return kExitOk;
}

}  // namespace wagi::cli
