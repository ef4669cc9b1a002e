# Answers with JSON about its request. CRuby, compiled to WebAssembly, runs it: the script is a file on a
# volume, so that a change to it is served at once, without a build.
require "json"
require "uri"

query = URI.decode_www_form(ENV.fetch("QUERY_STRING", "")).to_h
body = $stdin.binmode.read
status = query.fetch("status", "200")
unless status.match?(/\A[2-5]\d\d\z/)
  puts "Status: 400 Bad Request", "Content-Type: text/plain", "", "A status is a number from 200 to 599."
  exit
end

headers = ENV.select { |name, _| name.start_with?("HTTP_") }
puts "Status: #{status}", "Content-Type: application/json", ""
puts JSON.pretty_generate(
  greeting: "Hello, #{query.fetch("name", "world")}, from Ruby!",
  method: ENV["REQUEST_METHOD"],
  path: ENV["PATH_INFO"],
  query: query,
  headers: headers.to_h { |name, value| [name.delete_prefix("HTTP_").downcase.tr("_", "-"), value] },
  body: { bytes: body.bytesize, words: body.split.size },
  version: RUBY_VERSION,
)
