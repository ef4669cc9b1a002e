#include "server/worker/answers.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "guest/gateway/errors.h"
#include "server/worker/worker_context.h"

namespace wagi::worker {
namespace {

void answer(http::Exchange& exchange, int status, std::string_view text,
            std::span<const Field> fields) {
  exchange.start({status, {}, fields}, text.size());
  exchange.write(std::as_bytes(std::span(text)));
  exchange.end();
}

}  // namespace

std::string nextRequestId(WorkerContext& worker) {
  return fmt::format("{:016x}", worker.request_base + worker.next_request++);
}

void answerError(http::Exchange& exchange, int status, std::string_view detail,
                 std::string_view request_id) {
  const std::array<Field, 2> fields{Field{"Content-Type", gateway::kErrorContentType},
                                    Field{"Retry-After", gateway::kRetryAfterSeconds}};
  const std::size_t count = status == 503 ? 2 : 1;
  answer(exchange, status, gateway::errorBody(status, detail, request_id),
         std::span(fields).first(count));
}

void answerText(http::Exchange& exchange, std::string_view text) {
  const std::array<Field, 1> fields{Field{"Content-Type", "text/plain; charset=utf-8"}};
  answer(exchange, 200, text, fields);
}

void answerOptions(http::Exchange& exchange) {
  const std::array<Field, 1> fields{
      Field{"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE"}};
  exchange.start({204, {}, fields});
  exchange.end();
}

}  // namespace wagi::worker
