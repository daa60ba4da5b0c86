#!/usr/bin/env python3
"""Expectations for SML dumps, by other means than the driver: sml.py FOLDER > sml.tsv, then looked through by hand.

Columns as in p1.py. A transmission is looked for from each beginning to the next beginning or the end of the file."""
import os, re, sys

START, ESCAPE = bytes.fromhex('1b1b1b1b01010101'), bytes.fromhex('1b1b1b1b')

def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0x8408 if value & 1 else value >> 1
    return value ^ 0xFFFF

def node(data, at):
    head = data[at]
    kind, length, used = (head >> 4) & 7, head & 15, 1
    at += 1
    while head & 0x80:
        head = data[at]
        length, used, at = length * 16 + (head & 15), used + 1, at + 1
    if kind == 7:
        values = []
        for _ in range(length):
            value, at = node(data, at)
            values.append(value)
        return values, at
    if length == 0:
        return 'end', at
    end = at + length - used
    content = data[at:end]
    if kind in (5, 6):
        return int.from_bytes(content, 'big', signed=kind == 5), end
    return content or None, end

def number(server):
    if len(server) == 10 and server[0] in (9, 10):
        return f"{server[1]:X}{server[2:5].decode()}{server[5]:02X}{int.from_bytes(server[6:], 'big'):08d}"
    try:
        text = server.decode('ascii')
        return text if re.fullmatch('[!-~]+', text) else server.hex().upper()
    except UnicodeDecodeError:
        return server.hex().upper()

def transmission(data, fine):
    at, meter, found = 0, None, {}
    while at < len(data):
        if data[at] == 0:
            at += 1
            continue
        message, at = node(data, at)
        tag, body = message[3]
        if tag == 0x701:
            meter = number(body[1])
            for entry in body[4]:
                match = re.fullmatch(rb'\x01\x00([\x01\x02])\x08(.)\xff', entry[0], re.S)
                if match and entry[3] == 30:
                    found[f'1-0:{match[1][0]}.8.{match[2][0]}'] = (entry[5], entry[4])
    wh = {code: (value * 10 ** max(scaler, 0) // 10 ** max(-scaler, 0), max(1, 10 ** scaler)) for code, (value, scaler) in found.items()}
    if any(value * 10 ** (scaler + 9) % 10 ** 12 for value, scaler in found.values()):
        fine.add(meter)
    registers = (f'{code}={value}/{max(int(step), 1 if meter in fine else 1000)}' for code, (value, step) in sorted(wh.items()))
    return f"{meter} - {' '.join(registers)}"

print('file\toptions\tread\trefused\tlast')
for file in sorted(os.listdir(sys.argv[1])):
    with open(os.path.join(sys.argv[1], file), 'rb') as opened:
        raw = opened.read()
    read, refused, last, fine = 0, [], '', set()
    starts = [match.start() for match in re.finditer(re.escape(START), raw)] + [len(raw)]
    for begin, end in zip(starts, starts[1:]):
        whole = raw[begin:end]
        mark = whole.find(ESCAPE + b'\x1a')
        # An end that is not on a multiple of four is none: bytes before it were lost.
        if mark < 0 or mark + 8 > len(whole) or mark % 4:
            refused.append('cutoff')
        elif crc(whole[:mark + 6]) != int.from_bytes(whole[mark + 6:mark + 8], 'little'):
            refused.append('checksum')
        else:
            read += 1
            last = transmission(whole[8:mark - whole[mark + 5]].replace(ESCAPE * 2, ESCAPE), fine)
    print(file, '-', read, ' '.join(refused) or '-', last or '-', sep='\t')
