// A compiled module, mapped from its file, with its imports bound to the host functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guest/engine/engine.h"

namespace wagi::engine {

// The host functions of one engine, found by name. It is made once, and every module uses it.
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
  ExportHandle place;       // Null where the module has no export of that name.
  bool in_reactor = false;  // Whether `_initialize` is called before it.
};

struct Import {
  std::string module;
  std::string name;
};

// A function that a module exports. A command has no parameters and no results.
struct Export {
  std::string name;
  bool is_command = false;
};

class Module {
 public:
  // Maps the compiled code at `path`. Fails for code of another engine version, settings or
  // processor, and with kPool for a module that doesn't fit the pool's slots. REQUIRES: compile()
  // (code.h) made the code, since it is executed as it is.
  [[nodiscard]] static Result<Module> load(const Engine& engine, const std::string& path);

  // Binds the imports. The error names one that the host lacks or has with another type. Borrows
  // `host`, which must outlive the module.
  [[nodiscard]] Result<void> bind(const Host& host);

  [[nodiscard]] std::vector<Import> imports() const;
  [[nodiscard]] std::vector<Export> functions() const;

  // Looks an entry point up. It is in a reactor if the module has `_initialize`, unless it is
  // `_start`: a module with both, which the ABI forbids and some linkers make, is a command that
  // initializes itself.
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
