"""What a figure was measured on. No names of hosts, people or folders."""
import ctypes
import mmap
import os
import pathlib
import platform
import subprocess


def first_line(command):
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    lines = (said.stdout or said.stderr).strip().splitlines()
    return lines[0].strip() if lines else ""


def describe(hashcart):
    """Returns a dictionary of strings and numbers."""
    cpu = ""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    memory = 0
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory = int(line.split()[1]) * 1024
    version = subprocess.run([hashcart, "version"], capture_output=True, text=True, check=True).stdout
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": memory,
        "kernel": platform.release(),
        "hashcart": " | ".join(" ".join(line.split()) for line in version.strip().splitlines()),
        "load_before": os.getloadavg()[0],
    }


def read_into_cache(path):
    """Reads the file and returns the share of it that stands in memory then."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            return 1.0
        with mmap.mmap(file.fileno(), size, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE) as mapped:
            pages = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE
            seen = (ctypes.c_ubyte * pages)()
            anchor = ctypes.c_char.from_buffer(mapped)
            failed = ctypes.CDLL(None, use_errno=True).mincore(ctypes.c_void_p(ctypes.addressof(anchor)),
                                                               ctypes.c_size_t(size), seen)
            del anchor
        if failed:
            return 0.0
        return sum(page & 1 for page in bytes(seen)) / pages
