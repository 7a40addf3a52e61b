"""expect-status.py STATUS COMMAND...: succeeds if the command exits with STATUS."""
import subprocess
import sys

status = subprocess.run(sys.argv[2:]).returncode
sys.exit(0 if status == int(sys.argv[1]) else f"exit status {status}")
