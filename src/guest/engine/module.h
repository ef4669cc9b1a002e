// A compiled module, mapped from its file, with its imports already bound to the host functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guest/engine/engine.h"

namespace wagi::engine {

// The host functions of one engine, bound by name. Made once; used by every module.
class Host {
 public:
  // Borrows `engine`.
  [[nodiscard]] static Result<Host> create(const Engine& engine);
  [[nodiscard]] const Engine& engine() const { return *engine_; }
  [[nodiscard]] const wasmtime_linker_t* linker() const { return linker_.get(); }

 private:
  Host(const Engine& engine, LinkerHandle linker) : engine_(&engine), linker_(std::move(linker)) {}
  const Engine* engine_;
  LinkerHandle linker_;
};

// A function that instances of one module are made to run, looked up once for all of them.
struct EntryPoint {
  std::string name;
  ExportHandle place;       // Null when the module exports nothing of that name.
  bool in_reactor = false;  // Instances are initialized before they run it.
};

struct Import {
  std::string module;
  std::string name;
};

// A function that a module exports; commands have no parameters and no results.
struct Export {
  std::string name;
  bool is_command = false;
};

class Module {
 public:
  // Maps the compiled code at `path`, which must come from compile() of code.h: it is executed as
  // it is. Fails for code of another engine version, settings or processor, and with kPool for a
  // module that doesn't fit the pool's slots.
  [[nodiscard]] static Result<Module> load(const Engine& engine, const std::string& path);

  // Binds the imports. The error names the import that the host lacks or has with another type.
  // Borrows `host`, which must outlive the module.
  [[nodiscard]] Result<void> bind(const Host& host);

  [[nodiscard]] std::vector<Import> imports() const;
  [[nodiscard]] std::vector<Export> functions() const;

  // An `_initialize` is called before every entry point but `_start`: a module that has both, which
  // the ABI forbids and some linkers make, is a command that initializes itself.
  [[nodiscard]] EntryPoint find(std::string_view name) const;

  // REQUIRES: bind() succeeded.
  [[nodiscard]] const wasmtime_instance_pre_t* pre() const { return pre_.get(); }
  [[nodiscard]] const Engine& engine() const { return *engine_; }

 private:
  Module(const Engine& engine, ModuleHandle handle)
      : engine_(&engine), handle_(std::move(handle)) {}
  const Engine* engine_;
  ModuleHandle handle_;
  InstancePreHandle pre_;
};

}  // namespace wagi::engine
