import os
import sys

*words, code = sys.argv[1:]
if code == "0":
    print(f"Content-Type: text/plain\n\nvariable={os.environ['CONTRACT']}\nargv={','.join(words)}\nbody=",
          end="", flush=True)
    sys.stdout.buffer.write(sys.stdin.buffer.read())
print("told stderr", file=sys.stderr)
sys.exit(int(code))
