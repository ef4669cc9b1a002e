#include "cli/store_flag.h"

namespace wagi::cli {

void addStoreFlag(CLI::App& app, std::string& directory, const char* names) {
  app.add_option(names, directory,
                 "Where what is fetched is kept (default wagi/store in the user's cache directory)")
      ->type_name("DIR");
}

}  // namespace wagi::cli
