# An editor asks ptq-lsp-server about a file with ptq ops: what is wrong in it,
# what a name is, where it comes from.
#
# REQUIRES: install
# RUN: %python %s %prefix/bin/ptq-lsp-server | FileCheck %s
#
# CHECK: server: mlir-lsp-server
# CHECK: diagnostic at 3:7: 'ptq.dequantize' op expects scale of shape 3x1 for block [1, 0], but got 3x2
# CHECK: after the edit: 0 diagnostics
# CHECK: hover: {{.*}}ptq.dequantize
# CHECK: defined at 1:
# CHECK: exit status 0

import json
import subprocess
import sys

QUANTIZED = "tensor<3x4x!ptq.q<s8:f32, block = [1, 0], scale = f32>>"
GOOD = f"""
func.func @f(%codes: {QUANTIZED}, %scale: tensor<3x1xf32>) -> tensor<3x4xf32> {{
  // Scales of rows.
  %x = ptq.dequantize %codes, %scale : {QUANTIZED}, tensor<3x1xf32> -> tensor<3x4xf32>
  return %x : tensor<3x4xf32>
}}
"""
BAD = GOOD.replace("tensor<3x1xf32>", "tensor<3x2xf32>")
URI = "test:///model.mlir"


class Client:
    """Messages as an editor sends them: a header, then JSON."""

    def __init__(self, server):
        self.process = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0

    def send(self, method, **message):
        body = json.dumps({"jsonrpc": "2.0", "method": method, **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self, wanted):
        """The first message for which `wanted` holds."""
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()) or not length:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
                elif not line:
                    sys.exit("the server is gone")
            message = json.loads(self.process.stdout.read(length))
            if wanted(message):
                return message

    def notify(self, method, **parameters):
        self.send(method, params=parameters)

    def ask(self, method, **parameters):
        self.number += 1
        self.send(method, id=self.number, params=parameters)
        return self.receive(lambda message: message.get("id") == self.number)["result"]

    def diagnostics(self):
        method = "textDocument/publishDiagnostics"
        return self.receive(lambda message: message.get("method") == method)["params"]["diagnostics"]


def main():
    client = Client(sys.argv[1])
    server = client.ask("initialize", processId=None, rootUri=None, capabilities={})
    print("server:", server["serverInfo"]["name"])
    client.notify("initialized")

    client.notify(
        "textDocument/didOpen", textDocument={"uri": URI, "languageId": "mlir", "version": 1, "text": BAD}
    )
    for diagnostic in client.diagnostics():
        start = diagnostic["range"]["start"]
        print(f"diagnostic at {start['line']}:{start['character']}:", diagnostic["message"])
    client.notify(
        "textDocument/didChange", textDocument={"uri": URI, "version": 2}, contentChanges=[{"text": GOOD}]
    )
    print("after the edit:", len(client.diagnostics()), "diagnostics")

    op = {"line": 3, "character": 10}
    hover = client.ask("textDocument/hover", textDocument={"uri": URI}, position=op)
    print("hover:", hover["contents"]["value"].replace("\n", " "))
    operand = {"line": 3, "character": GOOD.splitlines()[3].index("%codes") + 1}
    locations = client.ask("textDocument/definition", textDocument={"uri": URI}, position=operand)
    start = locations[0]["range"]["start"]
    print(f"defined at {start['line']}:{start['character']}")

    client.ask("shutdown")
    client.notify("exit")
    print("exit status", client.process.wait(timeout=60))


if __name__ == "__main__":
    main()
