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
  const auto place = [&](std::string_view of) {
    return ExportHandle(wagi_module_export(handle_.get(), of.data(), of.size()));
  };
  const bool initializes_itself = name == kStartFunction || name == kInitializeFunction;
  return {.name = std::string(name),
          .place = place(name),
          .in_reactor = !initializes_itself && place(kInitializeFunction) != nullptr};
}

Result<Module> Module::load(const Engine& engine, const std::string& path) {
  wasmtime_module_t* module = nullptr;
  const ErrorHandle error(wasmtime_module_deserialize_file(engine.get(), path.c_str(), &module));
  if (error) return fail(reasonOf(error.get()));
  return Module(engine, ModuleHandle(module));
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
