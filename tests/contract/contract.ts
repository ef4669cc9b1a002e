// The contract program in AssemblyScript, whose `process` comes from the WASI shim.
const last = process.argv.length - 1;
const code = <i32>parseInt(process.argv[last]);
if (code == 0) {
  process.stdout.write("Content-Type: text/plain\n\n");
  process.stdout.write("variable=" + process.env.get("CONTRACT") + "\n");
  process.stdout.write("argv=" + process.argv.slice(1, last).join(",") + "\nbody=");
  const buffer = new ArrayBuffer(4096);
  for (let count = process.stdin.read(buffer); count > 0; count = process.stdin.read(buffer)) {
    process.stdout.write(buffer.slice(0, <i32>count));
  }
}
process.stderr.write("told stderr\n");
process.exit(code);
