// Hello in AssemblyScript: the WASI shim sends console.log to stdout.
console.log("Content-Type: text/plain; charset=utf-8");
console.log("");
console.log("Hello, world, from AssemblyScript!");
