"""Ports that lead to an SSH host and flap: they refuse, reset, stall, each in its own way. flap.py ADDRESS PORT COUNT"""

import socket
import struct
import sys
import threading
import time

address, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def reset(end):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def pump(source, sink, allowed, kind):
    passed = 0
    try:
        while got := source.recv(8192):
            passed += len(got)
            if passed > allowed:
                if kind == "stall":
                    time.sleep(60)
                reset(source)
                reset(sink)
                return
            sink.sendall(got)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(number, listener):
    while True:
        near, _ = listener.accept()
        try:
            if number % 5 == 0:  # nothing but resets
                reset(near)
                continue
            if number % 5 == 1:  # silence
                threading.Thread(target=lambda end=near: (time.sleep(60), end.close()), daemon=True).start()
                continue
            far = socket.create_connection((address, 22))
        except OSError:
            near.close()
            continue
        # in the handshake, in the login, in a task
        allowed = {2: 900, 3: 3000, 4: 9000}[number % 5]
        kind = "stall" if number > 4 else "reset"
        threading.Thread(target=pump, args=(near, far, 1 << 40, kind), daemon=True).start()
        threading.Thread(target=pump, args=(far, near, allowed, kind), daemon=True).start()


for number in range(count):
    listener = socket.create_server(("127.0.0.1", first + number))
    threading.Thread(target=serve, args=(number, listener), daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
