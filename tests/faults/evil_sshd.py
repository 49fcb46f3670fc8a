"""Something on a port that is no sshd. evil_sshd.py PORT MODE"""

import os
import socket
import sys
import threading
import time

port, mode = int(sys.argv[1]), sys.argv[2]


def serve(end):
    try:
        if mode == "garbage":
            end.sendall(os.urandom(100000))
            time.sleep(60)
        elif mode == "endless banner":
            while True:
                end.sendall(b"hello\r\n" * 1000)
        elif mode == "endless line":
            while True:
                end.sendall(b"x" * 65536)
        elif mode == "drip":
            while True:
                end.sendall(b"x\n")
                time.sleep(0.1)
        elif mode != "closes":
            end.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            if mode == "banner then garbage":
                while True:
                    end.sendall(os.urandom(65536))
            elif mode == "huge packet":
                end.sendall(b"\x7f\xff\xff\xff\x04" + b"\x14" * 100000)
                time.sleep(60)
            else:
                time.sleep(60)
    except OSError:
        pass
    end.close()


listener = socket.create_server(("127.0.0.1", port))
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
