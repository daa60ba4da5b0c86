#!/usr/bin/env python3
"""Expectations for P1 telegrams, by other means than the driver: p1.py FOLDER > p1.tsv, then looked through by hand.

One row a file: its name, options (key and authentication key in hexadecimal), how many telegrams are read, what is refused, and
the last telegram read: meters with `;` between, each its number, time (UTC seconds or -), and registers code=value/step."""
import calendar, decimal, os, re, sys, time

FACTOR = {'kWh': 1000, 'Wh': 1, 'm3': 1000}
# What cannot be told from the text: encrypted frames and what is in them. The keys are those that the files' authors tell.
OTHER = {
    'luxembourg_smarty_encrypted_packet.bin': [
        ('key=' + 'AA' * 16, 1, '-', 'telegram_sagemcom_t210_d_r.txt'), ('', 0, 'key', ''), ('key=' + 'AB' * 16, 0, 'key', '')],
    # Holds the text of ah_dsmr-luxembourgh-spec-example.txt.
    'ah_enc_dsmr-luxembourgh-spec-example-without-aad.txt': [
        ('', 0, 'key', ''), ('key=0123456789ABCDEF0123456789ABCDEF auth=', 0, 'checksum', ''),
        ('key=0123456789ABCDEF0123456789ABCDEF', 0, 'key', '')],
}

def crc(data):
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value

def stamp(text):
    if not re.fullmatch(r'\d{12}[SW]', text):
        return '-'
    try:
        local = time.strptime('20' + text[:12], '%Y%m%d%H%M%S')
        return str(calendar.timegm(local) - (7200 if text[12] == 'S' else 3600))
    except ValueError:
        return '-'

def name(text):
    try:
        raw = bytes.fromhex(text)
        if raw and all(32 <= byte < 127 for byte in raw):
            return raw.decode().strip()
    except ValueError:
        pass
    return text.strip()

def register(code, text, unit=None):
    number, _, own = text.partition('*')
    number, factor = decimal.Decimal(number), FACTOR[unit or own]
    step = max(1, int(factor * decimal.Decimal(10) ** number.as_tuple().exponent))
    return f'{code}={int(number * factor)}/{step}'

def telegram(text):
    lines = {}
    last = None
    for line in text.splitlines()[1:]:
        match = re.fullmatch(r'([^(]*)(\(.*\))', line)
        if match:
            values = match[2][1:-1].split(')(')
            if match[1]:
                last = lines.setdefault(re.sub(r'^(\d+-\d+:\d+\.\d+\.\d+)[.*]255$', r'\1', match[1]), [])
            last.extend(values)
    numbers = ['0-0:96.1.1', '0-0:96.1.0', '0-0:42.0.0', '0-0:96.1.255', '1-0:0.0.0']
    main = next((name(lines[code][0]) for code in numbers if name(lines.get(code, [''])[0])), text.splitlines()[0][1:])
    registers = [register(code, values[0]) for code, values in sorted(lines.items()) if re.match(r'1-0:[12]\.8\.', code)]
    meters = [f"{main} {stamp(lines.get('0-0:1.0.0', ['-'])[0])} {' '.join(registers)}"]
    for channel in range(1, 5):
        kind = lines.get(f'0-{channel}:24.1.0', [''])[0]
        number = next((name(lines[f'0-{channel}:96.1.{n}'][0]) for n in (0, 1) if lines.get(f'0-{channel}:96.1.{n}', [''])[0]), f'{main}/{channel}')
        code = f'0-{channel}:24.2.1' if f'0-{channel}:24.2.1' in lines else f'0-{channel}:24.2.3'
        if code in lines and '*' in lines[code][1] and kind:
            meters.append(f'{number} {stamp(lines[code][0])} {register(code, lines[code][1])}')
        elif f'0-{channel}:24.3.0' in lines:
            values = lines[f'0-{channel}:24.3.0']
            meters.append(f'{number} - {register(code.replace("24.2.3", "24.2.1"), values[6], values[5])}')
    return '; '.join(meters)

def row(raw):
    begin, end = raw.find(b'/'), raw.find(b'\n!')
    if end < 0:
        return 0, 'cutoff', ''
    text, rest = raw[begin:end + 2], raw[end + 2:]
    sum_ = re.match(rb'[0-9A-Fa-f]{4}', rest)
    read = telegram(text.decode('ascii'))
    if sum_:
        good = int(sum_[0], 16) in (crc(text), crc(text.replace(b'\n', b'\r\n')) if b'\r' not in text else None)
        return (1, '-', read) if good else (0, 'checksum', '')
    return (0, 'checksum', '') if b'0-0:1.0.0' in text else (1, '-', read)

folder = sys.argv[1]
rows = {}
for file in sorted(os.listdir(folder)):
    if file not in OTHER:
        with open(os.path.join(folder, file), 'rb') as opened:
            rows[file] = row(opened.read())
print('file\toptions\tread\trefused\tlast')
for file in sorted(os.listdir(folder)):
    for options, read, refused, last in OTHER.get(file, [('',) + rows.get(file, ())] if file in rows else []):
        print(file, options or '-', read, refused, (rows[last][2] if last in rows else last) or '-', sep='\t')
