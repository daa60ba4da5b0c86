#!/usr/bin/env python3
"""Expectations for the files of portals, by other means than the readers: files.py FOLDER > files.tsv, FOLDER being data/telegrams.

One row a file and way to read it: the file, the format that it is recognised as, the mapping (or -), the verdict (read, or the kind
of the refusal), and for each series its medium, direction, number of intervals with a value, and sum in Wh or litres.
Sums are made by regular expressions and decimals, without regard to times. Which files are refused, and why, is written by hand."""
import decimal, os, re, sys

D = decimal.Decimal
FOLDERS = ['edifact', 'greenbutton', 'portal_api', 'portal_csv']

def text(folder, name):
    return open(os.path.join(folder, name), encoding='utf-8-sig').read()

def show(series):
    return ' '.join(f'{key}={count}/{total.normalize():f}' for key, (count, total) in sorted(series.items()) if count)

def green(data):
    """Readings of the first type only; the one file with more is done by hand below."""
    power = int(re.search(r'<powerOfTenMultiplier>(-?\d+)', data).group(1))
    blocks = ''.join(re.findall(r'<IntervalReading>(.*?)</IntervalReading>', data, re.S))
    values = [D(v).scaleb(power) for v in re.findall(r'<value>(-?\d+)<', blocks)]
    return show({'electricity.import': (len(values), sum(values))})

def fluvius(data):
    series = {}
    for line in data.splitlines()[1:]:
        fields = line.split(';')
        key = 'electricity.' + ('import' if fields[7].split()[0] in ('Afname', 'Offtake') else 'export')
        if fields[8]:
            count, total = series.get(key, (0, D(0)))
            series[key] = (count + 1, total + D(fields[8].replace(',', '.')) * 1000)
    return show(series)

def austria(data):
    values = [D(v) * 1000 for v in re.findall(r'BQ>([\d.]+)<', data)]
    return show({'electricity.export': (len(values), sum(values))})

def column(data, number, skip):
    values = [line.split(',')[number].strip('"') for line in data.splitlines()[skip:]]
    values = [D(v) * 1000 for v in values if v not in ('-', '')]
    return show({'electricity.import': (len(values), sum(values))})

def rows(folder, name):
    data = text(folder, name)
    base = os.path.basename(name)
    if name.startswith('edifact/'):
        return [('edifact-mscons', '-', 'unsupported', '-')]
    if base in ('cityssm_entryOnly.xml', 'cityssm_namespace.xml'):
        return [('greenbutton', '-', 'nothing', '-')]
    if base.startswith('unitedpower'):
        # Two days taken, two days given as negative values, their net, and a peak in W. The multiplier in the readings contradicts
        # the one of their type, and would make 49.6 MWh of a household's day; net = taken - given holds without it.
        return [('greenbutton', '-', 'read', 'electricity.export=2/40520 electricity.import=2/72630')]
    if name.startswith('greenbutton/'):
        return [('greenbutton', '-', 'read', green(data))]
    if base.startswith('at_consumptionrecord'):
        return [('at-consumption-record', '-', 'read', austria(data))]
    if base.startswith('Fluvius'):
        return [('fluvius', '-', 'read', fluvius(data))]
    if base.startswith('Ameren'):
        return [('us-ameren-csv', '-', 'unsupported', '-'), ('us-ameren-csv', 'ameren', 'read', column(data, 5, 11))]
    if base.startswith('Engie'):
        return [('be-engie-csv', '-', 'unsupported', '-'), ('be-engie-csv', 'engie', 'read', column(data, 2, 1))]
    refused = {'NEM12': 'nem12', 'es_': 'es-datadis-json', 'fr_': 'fr-enedis-json', 'be_': 'be-fluvius-json', 'at_raw': 'at-raw-json'}
    return [(refused[next(k for k in refused if base.startswith(k))], '-', 'unsupported', '-')]

def main(folder):
    print('file\tformat\tmapping\tverdict\tseries')
    for part in FOLDERS:
        for base in sorted(os.listdir(os.path.join(folder, part))):
            for row in rows(folder, f'{part}/{base}'):
                print('\t'.join((f'{part}/{base}',) + row))

main(sys.argv[1])
