# SPDX-License-Identifier: BSD-2-Clause
"""Writes perf.data: the file that perf record makes, as perf's own perf.data-file-format.txt and perf_event_open(2) describe it.

A file is: header, ids and attributes of the events, data (records, each with a time), and sections with features. Fields are
little-endian. An event is anything with a struct perf_event_attr; see Tracepoint, and add_event() for others.
"""

import struct

HEADER = struct.Struct("<8sQQ6QQ3Q")  # magic, size, size of an attr, sections attrs, data, event types; features
ATTR = struct.Struct("<IIQQQQQIIQQQQIiQIHH")
SECTION = struct.Struct("<QQ")
EVENT = struct.Struct("<IHH")  # type, misc, size
MAGIC = b"PERFILE2"

# PERF_RECORD_*
MMAP, LOST, COMM, EXIT, FORK, SAMPLE, MMAP2 = 1, 2, 3, 4, 7, 9, 10
FINISHED_ROUND = 68
# PERF_RECORD_MISC_*
MISC_UNKNOWN, MISC_KERNEL, MISC_USER, MISC_HYPERVISOR, MISC_GUEST_KERNEL, MISC_GUEST_USER = range(6)
# PERF_TYPE_*
TYPE_HARDWARE, TYPE_SOFTWARE, TYPE_TRACEPOINT = 0, 1, 2
# PERF_SAMPLE_*
SAMPLE_IP, SAMPLE_TID, SAMPLE_TIME, SAMPLE_CALLCHAIN = 1 << 0, 1 << 1, 1 << 2, 1 << 5
SAMPLE_CPU, SAMPLE_PERIOD, SAMPLE_RAW, SAMPLE_IDENTIFIER = 1 << 7, 1 << 8, 1 << 10, 1 << 16
SAMPLE_BASE = SAMPLE_IDENTIFIER | SAMPLE_IP | SAMPLE_TID | SAMPLE_TIME | SAMPLE_CPU | SAMPLE_PERIOD  # of all events: records have these
# Flags of an attribute, by the number of their bit.
FLAG_EXCLUDE_KERNEL, FLAG_MMAP, FLAG_COMM, FLAG_SAMPLE_ID_ALL, FLAG_MMAP2 = 1 << 5, 1 << 8, 1 << 9, 1 << 18, 1 << 23
# HEADER_*
TRACING_DATA, HOSTNAME, OSRELEASE, VERSION, ARCH, NRCPUS, CPUDESC, CPUID, CMDLINE = 1, 3, 4, 5, 6, 7, 8, 9, 11

PAGE = 4096
PROT_READ, PROT_EXEC, MAP_PRIVATE = 1, 4, 2
BUFFER = 1 << 20

_SAMPLE = struct.Struct("<QQIIQIIQ")     # identifier, ip, pid, tid, time, cpu, 0, period
_TRAILER = struct.Struct("<IIQIIQ")      # pid, tid, time, cpu, 0, identifier: of records that are no samples


def _padded(data, to=8):
    return data + bytes(-len(data) % to)


def _string(text):
    data = _padded(text.encode() + b"\0", 64)
    return struct.pack("<I", len(data)) + data


class Tracepoint:
    """A tracepoint: a system, a name, fields, and how perf script prints it."""

    # What all have, and where fields of their own begin.
    COMMON = (("unsigned short", "common_type", 0, 2, 0), ("unsigned char", "common_flags", 2, 1, 0),
              ("unsigned char", "common_preempt_count", 3, 1, 0), ("int", "common_pid", 4, 4, 1))

    def __init__(self, system, name, number, fields, print_fmt):
        """fields: (type, name, struct code); a name with [16] is an array of so many characters."""
        self.system, self.name, self.number, self.print_fmt = system, name, number, print_fmt
        self.fields = []
        codes, offset = "<HBBi", 8
        for kind, field, code in fields:
            size = struct.calcsize("<" + code)
            align = 1 if code.endswith("s") else size
            codes += f"{-offset % align}x"
            offset += -offset % align
            codes += code
            self.fields.append((kind, field, offset, size, int(code in "bhiq")))
            offset += size
        codes += f"{-offset % 8}x"
        self.raw = struct.Struct(codes)

    def format(self):
        """The text of its file `format`."""
        def line(kind, name, offset, size, signed):
            return f"\tfield:{kind} {name};\toffset:{offset};\tsize:{size};\tsigned:{signed};\n"
        return (f"name: {self.name}\nID: {self.number}\nformat:\n" + "".join(line(*field) for field in self.COMMON) + "\n" +
                "".join(line(*field) for field in self.fields) + f"\nprint fmt: {self.print_fmt}\n")

    def pack(self, tid, *values):
        """A sample's raw data."""
        return self.raw.pack(self.number, 0, 0, tid, *values)


def tracing_data(tracepoints):
    """The section that tells perf what the tracepoints are: what is in /sys/kernel/tracing/events elsewhere."""
    page = ("\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
            "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n").encode()
    event = (b"# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
             b"\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n\tdata max type_len  == 28\n")
    out = [b"\x17\x08\x44tracing", b"0.6\0", struct.pack("<BBI", 0, 8, PAGE)]
    for name, text in ((b"header_page\0", page), (b"header_event\0", event)):
        out += [name, struct.pack("<Q", len(text)), text]
    out.append(struct.pack("<I", 0))  # of ftrace's own
    systems = sorted({point.system for point in tracepoints})
    out.append(struct.pack("<I", len(systems)))
    for system in systems:
        formats = [point.format().encode() for point in tracepoints if point.system == system]
        out += [system.encode() + b"\0", struct.pack("<I", len(formats))]
        for text in formats:
            out += [struct.pack("<Q", len(text)), text]
    out.append(struct.pack("<IIQ", 0, 0, 0))  # kallsyms, printk formats, saved command lines
    return b"".join(out)


class Writer:
    """One file. Events first (add_event), then records in the order of time, then close()."""

    def __init__(self, file):
        """file: seekable, opened for writing bytes."""
        self.file = file
        self.attrs, self.tracepoints = [], []
        self.begun = False
        self.data_start = self.data_size = 0
        self.parts, self.size = [], 0
        self.features = {}

    # Events

    def add_event(self, kind, config, sample_type=0, period=1, flags=0):
        """An event of PERF_TYPE_`kind`; its samples have what sample_type says besides SAMPLE_BASE. Returns its identifier."""
        identifier = len(self.attrs) + 1
        # All addresses are of processes; perf need not miss the kernel's.
        flags |= FLAG_EXCLUDE_KERNEL | FLAG_SAMPLE_ID_ALL | (0 if self.attrs else FLAG_MMAP | FLAG_MMAP2 | FLAG_COMM)
        self.attrs.append(ATTR.pack(kind, ATTR.size, config, period, SAMPLE_BASE | sample_type, 0, flags, 1, 0, 0, 0, 0, 0, 0, 0, 0,
                                    0, 0, 0))
        return identifier

    def add_tracepoint(self, tracepoint):
        """An event whose samples have the tracepoint's fields; returns its identifier."""
        self.tracepoints.append(tracepoint)
        return self.add_event(TYPE_TRACEPOINT, tracepoint.number, SAMPLE_RAW)

    # Features

    def describe(self, cores, cpuid, release, version, command):
        """Where and how it was recorded."""
        for feature, text in ((HOSTNAME, "vesicle"), (OSRELEASE, release), (VERSION, version), (ARCH, "aarch64"), (CPUID, cpuid)):
            self.features[feature] = _string(text)
        self.features[NRCPUS] = struct.pack("<II", cores, cores)
        self.features[CMDLINE] = struct.pack("<I", len(command)) + b"".join(_string(word) for word in command)

    # Records

    def _begin(self):
        ids_at = HEADER.size
        attrs_at = ids_at + 8 * len(self.attrs)
        self.data_start = attrs_at + len(self.attrs) * (ATTR.size + SECTION.size)
        self.file.write(bytes(HEADER.size))
        self.file.write(b"".join(struct.pack("<Q", i + 1) for i in range(len(self.attrs))))
        for i, attr in enumerate(self.attrs):
            self.file.write(attr + SECTION.pack(ids_at + 8 * i, 8))
        self.begun = True

    def _put(self, data):
        self.parts.append(data)
        self.size += len(data)
        if self.size >= BUFFER:
            self._flush()

    def _flush(self):
        if not self.begun:
            self._begin()
        self.file.writelines(self.parts)
        self.data_size += self.size
        self.parts, self.size = [], 0

    def _record(self, kind, misc, body, pid, tid, time, cpu):
        body = body + _TRAILER.pack(pid & 0xffffffff, tid & 0xffffffff, time, cpu, 0, 1)
        self._put(EVENT.pack(kind, misc, EVENT.size + len(body)) + body)

    def comm(self, pid, tid, name, time=0):
        """What a thread is called."""
        self._record(COMM, MISC_USER, struct.pack("<II", pid, tid) + _padded(name.encode()[:15] + b"\0"), pid, tid, time, 0)

    def map(self, pid, address, length, offset, path, time=0):
        """A file's code in a process's address space."""
        body = struct.pack("<iiQQQIIQQII", pid, pid, address, length, offset, 0, 0, 0, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE)
        self._record(MMAP2, MISC_USER, body + _padded(str(path).encode() + b"\0"), pid, pid, time, 0)

    def lost(self, identifier, count, time, cpu):
        """So many records of a core are missing here."""
        self._record(LOST, 0, struct.pack("<QQ", identifier, count), 0, 0, time, cpu)

    def sample(self, identifier, misc, ip, pid, tid, time, cpu, rest=b"", period=1):
        """A sample; `rest`: what its event's sample_type asks for besides SAMPLE_BASE, see raw() and callchain()."""
        self._put(EVENT.pack(SAMPLE, misc, EVENT.size + _SAMPLE.size + len(rest)) +
                  _SAMPLE.pack(identifier, ip, pid, tid, time, cpu, 0, period) + rest)

    def round(self):
        """No record with an earlier time than the last one's comes any more: perf need not keep those."""
        self._put(EVENT.pack(FINISHED_ROUND, 0, EVENT.size))

    def close(self):
        """Writes what is left: features, and at last the header."""
        self._flush()
        self.features[TRACING_DATA] = tracing_data(self.tracepoints)
        at = self.data_start + self.data_size
        table, sections = [], []
        place = at + SECTION.size * len(self.features)
        for _, data in sorted(self.features.items()):
            table.append(SECTION.pack(place, len(data)))
            sections.append(_padded(data))
            place += len(sections[-1])
        self.file.write(b"".join(table + sections))
        self.file.seek(0)
        attrs_at = HEADER.size + 8 * len(self.attrs)
        self.file.write(HEADER.pack(MAGIC, HEADER.size, ATTR.size + SECTION.size, attrs_at, self.data_start - attrs_at,
                                    self.data_start, self.data_size, 0, 0, sum(1 << bit for bit in self.features), 0, 0, 0))


def raw(data):
    """SAMPLE_RAW of a sample."""
    size = (len(data) + 4 + 7) // 8 * 8 - 4
    return struct.pack("<I", size) + data + bytes(size - len(data))


def callchain(addresses):
    """SAMPLE_CALLCHAIN of a sample: innermost first; values from -4095 on are contexts (PERF_CONTEXT_*)."""
    return struct.pack(f"<Q{len(addresses)}Q", len(addresses), *(address & 0xffffffffffffffff for address in addresses))
