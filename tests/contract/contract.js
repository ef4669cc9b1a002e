import * as std from "qjs:std";

const words = scriptArgs.slice(1);
const code = Number(words.pop());
if (code === 0) {
  print(`Content-Type: text/plain\n\nvariable=${std.getenv("CONTRACT")}\nargv=${words.join(",")}`);
  std.out.puts("body=" + std.in.readAsString());
  std.out.flush();
}
std.err.puts("told stderr\n");
std.exit(code);
