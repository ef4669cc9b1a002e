// Every field of the values that make an application, with its name, for whoever writes or reads
// all of them.
//
// fieldsOf(value) is a tuple of Field. Each list begins with a structured binding, which doesn't
// compile as long as a field of the struct is missing in it.
#pragma once

#include <concepts>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "config/application.h"
#include "config/config.h"

namespace wagi::config {

template <class T>
struct Field {
  std::string_view name;
  T& value;
};
template <class T>
Field(std::string_view, T&) -> Field<T>;

// A Struct to be changed, or one that is only read.
template <class T, class Struct>
concept Either = std::same_as<std::remove_const_t<T>, Struct>;

template <Either<Place> T>
auto fieldsOf(T& place) {
  auto& [file, line, column] = place;
  return std::tuple(Field("file", file), Field("line", line), Field("column", column));
}

template <Either<Diagnostic> T>
auto fieldsOf(T& diagnostic) {
  auto& [place, message] = diagnostic;
  return std::tuple(Field("place", place), Field("message", message));
}

template <Either<Limits> T>
auto fieldsOf(T& limits) {
  auto& [memory, cpu, wall, body, concurrency, instances] = limits;
  return std::tuple(Field("memory_max", memory), Field("cpu_ms_max", cpu),
                    Field("wall_ms_max", wall), Field("body_bytes_max", body),
                    Field("concurrency_max", concurrency), Field("keeps_instances", instances));
}

template <Either<Volume> T>
auto fieldsOf(T& volume) {
  auto& [guest, host, read_only, exclusive, place] = volume;
  return std::tuple(Field("guest", guest), Field("host", host), Field("read_only", read_only),
                    Field("exclusive", exclusive), Field("place", place));
}

template <Either<Certificate> T>
auto fieldsOf(T& certificate) {
  auto& [cert, key, place] = certificate;
  return std::tuple(Field("cert", cert), Field("key", key), Field("place", place));
}

template <Either<Site> T>
auto fieldsOf(T& site) {
  auto& [hosts, certificate, place] = site;
  return std::tuple(Field("hosts", hosts), Field("certificate", certificate),
                    Field("place", place));
}

template <Either<Module> T>
auto fieldsOf(T& value) {
  auto& [site, route, module, entrypoint, argv, volumes, environment, allowed_hosts,
         http_max_concurrency, bindle_server, limits, place, module_place] = value;
  return std::tuple(Field("site", site), Field("route", route), Field("module", module),
                    Field("entrypoint", entrypoint), Field("argv", argv), Field("volumes", volumes),
                    Field("environment", environment), Field("allowed_hosts", allowed_hosts),
                    Field("http_max_concurrency", http_max_concurrency),
                    Field("bindle_server", bindle_server), Field("limits", limits),
                    Field("place", place), Field("module_place", module_place));
}

template <Either<Application> T>
auto fieldsOf(T& application) {
  auto& [sites, modules, files, warnings] = application;
  return std::tuple(Field("sites", sites), Field("modules", modules), Field("files", files),
                    Field("warnings", warnings));
}

}  // namespace wagi::config
