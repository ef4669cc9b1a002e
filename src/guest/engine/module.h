// A compiled module, mapped from its file, with its imports bound to the host functions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guest/engine/code_file.h"
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
  EntryHandle place;        // Null where the module has no export of that name.
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
  // Maps the compiled code of a file. Fails for code of another engine version, settings or
  // processor, with kPool for a module that doesn't fit the pool's slots, and with kSlots for one
  // without an image; with the others for one that has an image. REQUIRES: compile() (code.h) made
  // the code, since it is executed as it is.
  [[nodiscard]] static Result<Module> load(const Engine& engine, const CodeFile& file);
  // The same, for the file at `path`.
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
  // The best way to make its instances, and why it isn't kKept.
  [[nodiscard]] Instances instances() const { return notes_.instances; }
  [[nodiscard]] const std::string& whyNotKept() const { return notes_.reason; }
  // The elements with which its tables begin, together, if its data was taken out of it.
  [[nodiscard]] std::uint64_t tableElements() const { return notes_.table_elements; }
  // Where its instances' memory comes from; null where that is Wasmtime's.
  [[nodiscard]] MemoryPlan* memory() const { return memory_.get(); }

 private:
  Module(const Engine& engine, const CodeNotes& notes) : engine_(&engine), notes_(notes) {}
  const Engine* engine_;
  CodeNotes notes_;
  std::unique_ptr<MemoryPlan> memory_;
  ModuleHandle handle_;
  InstancePreHandle pre_;
};

}  // namespace wagi::engine
