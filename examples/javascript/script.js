// Answers with JSON about its request. QuickJS, an interpreter compiled to WebAssembly, runs it: the
// script is a file on a volume, so a change to it is served at once, without a build.
import * as std from "qjs:std";

const environment = std.getenviron();

function parseQuery(query) {
  const decode = (text) => {
    try {
      return decodeURIComponent(text.replaceAll("+", " "));
    } catch {
      return text; // A stray % stands for itself.
    }
  };
  const pairs = query.split("&").filter(Boolean).map((piece) => {
    const [name, ...value] = piece.split("=");
    return [decode(name), decode(value.join("="))];
  });
  return Object.fromEntries(pairs);
}

function headers() {
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => name.startsWith("HTTP_"))
      .map(([name, value]) => [name.slice(5).toLowerCase().replaceAll("_", "-"), value])
      .sort(),
  );
}

const body = std.in.readAsString();
const answer = {
  greeting: `Hello, ${parseQuery(environment.QUERY_STRING ?? "").name ?? "world"}, from JavaScript!`,
  method: environment.REQUEST_METHOD,
  path: environment.PATH_INFO,
  query: parseQuery(environment.QUERY_STRING ?? ""),
  headers: headers(),
  body: { characters: body.length, words: body.split(/\s+/).filter(Boolean).length },
  now: new Date().toISOString(),
};

print("Content-Type: application/json\n");
print(JSON.stringify(answer, null, 2));
