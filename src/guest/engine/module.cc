#include "guest/engine/module.h"

#include "guest/engine/application_abi.h"
#include "guest/wasi/experimental_http.h"
#include "guest/wasi/preview1.h"

namespace wagi::engine {
namespace {

std::string text(const wasm_name_t* name) { return {name->data, name->size}; }

}  // namespace

Result<Host> Host::create(const Engine& engine) {
  LinkerHandle linker(wasmtime_linker_new(engine.get()));
  if (auto defined = wasi::define(linker.get()); !defined) {
    return std::unexpected(std::move(defined.error()));
  }
  if (auto defined = wasi::defineExperimentalHttp(linker.get()); !defined) {
    return std::unexpected(std::move(defined.error()));
  }
  return Host(engine, std::move(linker));
}

EntryPoint Module::find(std::string_view name) const {
  const bool initializes_itself = name == kStartFunction || name == kInitializeFunction;
  const auto place = [&](std::string_view of, std::string_view before) {
    return EntryHandle(
        wagi_entry_new(handle_.get(), of.data(), of.size(), before.data(), before.size()));
  };
  const bool in_reactor =
      !initializes_itself && place(kInitializeFunction, std::string_view()) != nullptr;
  return {.name = std::string(name),
          .place = place(name, in_reactor ? kInitializeFunction : std::string_view()),
          .in_reactor = in_reactor};
}

Result<Module> Module::load(const Engine& engine, const std::string& path) {
  const auto file = openCodeFile(path);
  if (!file) return std::unexpected(file.error());
  return load(engine, *file);
}

Result<Module> Module::load(const Engine& engine, const CodeFile& file) {
  const bool has_image = file.notes.instances != Instances::kPooled;
  if (has_image != (engine.slots() != nullptr)) {
    return fail("it is code for another way to make instances");
  }
  Module module(engine, file.notes);
  if (has_image) {
    auto image = MemoryImage::map(file.fd.get(), file.notes);
    if (!image) return std::unexpected(std::move(image.error()));
    module.memory_ = std::make_unique<MemoryPlan>(*std::move(image), *engine.slots());
  }
  wasmtime_module_t* handle = nullptr;
  const ErrorHandle error(
      wasmtime_module_deserialize_file(engine.get(), file.path.c_str(), &handle));
  if (error) return fail(reasonOf(error.get()));
  module.handle_.reset(handle);
  return module;
}

Result<void> Module::bind(const Host& host) {
  wasmtime_instance_pre_t* pre = nullptr;
  const ErrorHandle error(wasmtime_linker_instantiate_pre(host.linker(), handle_.get(), &pre));
  if (error) return fail(reasonOf(error.get()));
  pre_.reset(pre);
  return {};
}

std::vector<Import> Module::imports() const {
  wasm_importtype_vec_t types;
  wasmtime_module_imports(handle_.get(), &types);
  std::vector<Import> imports;
  imports.reserve(types.size);
  for (std::size_t i = 0; i < types.size; ++i) {
    imports.push_back(
        {text(wasm_importtype_module(types.data[i])), text(wasm_importtype_name(types.data[i]))});
  }
  wasm_importtype_vec_delete(&types);
  return imports;
}

std::vector<Export> Module::functions() const {
  wasm_exporttype_vec_t types;
  wasmtime_module_exports(handle_.get(), &types);
  std::vector<Export> functions;
  for (std::size_t i = 0; i < types.size; ++i) {
    const wasm_externtype_t* type = wasm_exporttype_type(types.data[i]);
    if (wasm_externtype_kind(type) != WASM_EXTERN_FUNC) continue;
    const wasm_functype_t* function = wasm_externtype_as_functype_const(type);
    functions.push_back(
        {text(wasm_exporttype_name(types.data[i])),
         wasm_functype_params(function)->size == 0 && wasm_functype_results(function)->size == 0});
  }
  wasm_exporttype_vec_delete(&types);
  return functions;
}

}  // namespace wagi::engine
