#!/usr/bin/env python3
"""Makes the lines "read" of mbus.tsv with a second decoder, written apart from the crate's: python3 mbus.py FOLDER.

It knows only what the recordings have: one frame each, present totals, and no faults. What it cannot do it leaves out.
"""
import fractions
import math
import pathlib
import re
import struct
import sys

MEDIA = {2: 'Electricity', 3: 'Gas', 4: 'Heat', 12: 'Heat', 6: 'Water', 7: 'Water', 21: 'Water', 22: 'Water'}


def unit(table, code):
    """Quantity and worth of one count, in Wh or litres."""
    ten = fractions.Fraction(10)
    if table == 'primary' and code < 8:
        return 'energy', ten ** (code - 3)
    if table == 'primary' and code < 16:
        return 'energy', ten ** (code - 8) / 3600
    if table == 'primary' and code < 24:
        return 'volume', ten ** (code - 19)
    if table == 'fb' and code < 2:
        return 'energy', ten ** (code + 5)
    return None, None


def records(data):
    """Code, bytes of the value, and the parts of each record until the manufacturer's data."""
    at = 0
    while at < len(data) and data[at] not in (0x0F, 0x1F):
        if data[at] == 0x2F:
            at += 1
            continue
        begin, dif = at, data[at]
        storage, tariff, subunit, n = dif >> 6 & 1, 0, 0, 0
        while data[at] & 0x80:
            at += 1
            storage += (data[at] & 15) << 1 + 4 * n
            tariff += (data[at] >> 4 & 3) << 2 * n
            subunit += (data[at] >> 6 & 1) << n
            n += 1
        at += 1
        table, code, extensions = 'primary', data[at] & 0x7F, []
        if data[at] in (0xFB, 0xFD):
            table, code = ('fb' if data[at] == 0xFB else 'fd'), data[at + 1] & 0x7F
            at += 1
        elif code == 0x7C:
            table = 'text'
        more = data[at] & 0x80
        if table == 'text':
            at += 1 + data[at + 1]
        while more:
            at += 1
            extensions.append(data[at] & 0x7F)
            more = data[at] & 0x80
        at += 1
        name = data[begin:at].hex().upper()
        size = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 6, 7: 8, 9: 1, 10: 2, 11: 3, 12: 4, 14: 6}.get(dif & 15)
        if size is None:
            size = data[at] if data[at] < 0xC0 else data[at] & 15
            at += 1
        yield name, dif, storage, tariff, subunit, table, code, extensions, data[at:at + size]
        at += size


def registers(medium, maker, data):
    for name, dif, storage, tariff, subunit, table, code, extensions, raw in records(data):
        quantity, worth = unit(table, code)
        wanted = 'volume' if medium in ('Water', 'Gas') else 'energy'
        if storage or dif & 0x30 or quantity != wanted or set(extensions) - {0, 0x3B}:
            continue
        if medium != 'Electricity' and (tariff or subunit):
            continue
        if subunit > 1 or subunit == 1 and maker not in ('ABB', 'GMC'):
            continue
        if dif & 15 in (9, 10, 11, 12, 14):
            count = int(raw[::-1].hex())
        elif dif & 15 == 5:
            count = fractions.Fraction(struct.unpack('<f', raw)[0])
        else:
            count = int.from_bytes(raw, 'little', signed=True)
        sign, label = '-' if subunit else '+', f' T{tariff}' if tariff else ''
        yield subunit, tariff, f'{name}{sign}{label} = {math.floor(count * worth)} / {max(1, math.ceil(worth))}'


def main(folder):
    for path in sorted(pathlib.Path(folder).glob('[!e]*.hex')) + sorted(pathlib.Path(folder).glob('e[!r]*.hex')):
        frame = bytes.fromhex(re.sub(r'\s', '', path.read_text()))
        if frame[0] != 0x68 or frame[4] & 0xCF != 8 or frame[6] != 0x72 or sum(frame[4:-2]) % 256 != frame[-2]:
            continue
        body = frame[7:-2]
        code = int.from_bytes(body[4:6], 'little')
        letters = [code >> shift & 31 for shift in (10, 5, 0)]
        maker = ''.join(chr(64 + letter) for letter in letters) if all(letters) else f'{code:04X}'
        medium = MEDIA.get(body[7]) if len(body) > 12 else None
        try:
            found = sorted(registers(medium, maker, body[12:])) if medium else []
        except (IndexError, struct.error, ValueError):
            continue
        if found:
            text = '; '.join(register for _, _, register in found)
            print(f'{path.name}\tread\t{maker}-{body[:4][::-1].hex().upper()} {medium}; {text}')


if __name__ == '__main__':
    main(sys.argv[1])
