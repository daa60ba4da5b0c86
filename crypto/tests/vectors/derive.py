"""A second implementation of the hushwatt derivations, from the protocol text: sections 1, 2, 3, 6.2 and 6.3.

Python 3 and its standard library, nothing of the Rust code. `vectors.json` beside it was written once with

    python3 derive.py > vectors.json

and is never regenerated in place: a later change of the protocol gets a new file. `tests/vectors.rs` compares every value
with the Rust code, and the output of this script with the file.

Everything here runs in variable time and on fixed public inputs: it is no place for a real key.
"""

import hashlib
import json
import struct

# --- The field of 2^255 - 19 and the group Ristretto255 (RFC 9496) ---------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = 19681161376707505956807079304988542015446066515923890162744021073123829784752
SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235
INVSQRT_A_MINUS_D = 54469307008909316920995813868745141605393597292927456921205312896311721017578
assert SQRT_M1**2 % P == P - 1
assert SQRT_AD_MINUS_ONE**2 % P == (-D - 1) % P
assert INVSQRT_A_MINUS_D**2 * (-1 - D) % P == 1


def negative(x):
    return x % P % 2 == 1


def magnitude(x):
    return -x % P if negative(x) else x % P


def sqrt_ratio(u, v):
    """Whether u/v is a square, and the non-negative root of u/v or of SQRT_M1*u/v (RFC 9496, 4.2)."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    if check in (-u % P, -u * SQRT_M1 % P):
        root = root * SQRT_M1 % P
    return check in (u % P, -u % P), magnitude(root)


class Point:
    """A group element in extended coordinates of the curve -x^2 + y^2 = 1 + D x^2 y^2."""

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x % P, y % P, z % P, t % P

    def __add__(self, other):
        a = (self.y - self.x) * (other.y - other.x)
        b = (self.y + self.x) * (other.y + other.x)
        c = 2 * D * self.t * other.t
        d = 2 * self.z * other.z
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f, g * h, f * g, e * h)

    def __rmul__(self, scalar):
        result, power = IDENTITY, self
        while scalar:
            if scalar & 1:
                result = result + power
            power = power + power
            scalar >>= 1
        return result

    def encode(self):
        """RFC 9496, 4.3.2."""
        u1 = (self.z + self.y) * (self.z - self.y)
        u2 = self.x * self.y
        _, inverse = sqrt_ratio(1, u1 * u2 * u2 % P)
        den1, den2 = inverse * u1, inverse * u2
        z_inverse = den1 * den2 * self.t
        if negative(self.t * z_inverse):
            x, y = self.y * SQRT_M1, self.x * SQRT_M1
            den = den1 * INVSQRT_A_MINUS_D
        else:
            x, y, den = self.x, self.y, den2
        if negative(x * z_inverse):
            y = -y
        return magnitude(den * (self.z - y)).to_bytes(32, "little")


IDENTITY = Point(0, 1, 1, 0)


def decode_point(encoding):
    """RFC 9496, 4.3.1; refuses what is not canonical."""
    s = int.from_bytes(encoding, "little")
    if s >= P or negative(s):
        raise ValueError("not a canonical field element")
    u1, u2 = 1 - s * s, 1 + s * s
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inverse = sqrt_ratio(1, v * u2 * u2 % P)
    den_x = inverse * u2
    den_y = inverse * den_x * v
    x, y = magnitude(2 * s * den_x), u1 * den_y % P
    if not square or negative(x * y) or y == 0:
        raise ValueError("not a group element")
    return Point(x, y, 1, x * y)


def elligator(half):
    """RFC 9496, 4.3.4: MAP. The top bit of the 32 bytes is ignored."""
    t = int.from_bytes(half, "little") % 2**255 % P
    r = SQRT_M1 * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    if not square:
        s = -magnitude(s * t)
    c = -1 if square else r
    n = c * (r - 1) * (D - 1) ** 2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return Point(w0 * w3, w2 * w1, w1 * w3, w0 * w2)


def from_uniform_bytes(wide):
    assert len(wide) == 64
    return elligator(wide[:32]) + elligator(wide[32:])


def scalar_from_wide(wide):
    assert len(wide) == 64
    return int.from_bytes(wide, "little") % ORDER


def scalar_bytes(scalar):
    return (scalar % ORDER).to_bytes(32, "little")


# --- Section 1: hashes and generators --------------------------------------------------------------------------------

VERSION = 1
NO_NETWORK = bytes(32)


def u32(number):
    return struct.pack("<I", number)


def u64(number):
    return struct.pack("<Q", number)


def hash64(network, label, *parts):
    """SHA-512 of "hushwatt", version, network id, label with its length (1 byte), parts with their lengths (8 bytes)."""
    text = label.encode()
    data = b"hushwatt" + bytes([VERSION]) + network + bytes([len(text)]) + text
    return hashlib.sha512(data + b"".join(u64(len(part)) + part for part in parts)).digest()


def hash32(network, label, *parts):
    return hash64(network, label, *parts)[:32]


def hash_scalar(network, label, *parts):
    return scalar_from_wide(hash64(network, label, *parts))


BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = sqrt_ratio(BASE_Y**2 - 1, D * BASE_Y**2 + 1)[1]
G = Point(BASE_X, BASE_Y, 1, BASE_X * BASE_Y)
H = from_uniform_bytes(hashlib.sha3_512(G.encode()).digest())
J = from_uniform_bytes(hash64(NO_NETWORK, "generator-j"))


def commit(value, blinding):
    return value * H + blinding * G


# --- Section 2: keys, addresses, one-time keys -----------------------------------------------------------------------

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32m(prefix, data):
    """BIP 350: groups of 5 bits, and a checksum of 6 groups over prefix and data."""
    bits, count = int.from_bytes(data, "big"), 8 * len(data)
    padding = -count % 5
    bits, count = bits << padding, count + padding
    groups = [bits >> shift & 31 for shift in range(count - 5, -1, -5)]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    check = 1
    for group in expanded + groups + [0] * 6:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ group
        for bit, term in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                check ^= term
    check ^= 0x2BC830A3
    return prefix + "1" + "".join(BECH32[g] for g in groups + [check >> shift & 31 for shift in range(25, -1, -5)])


class Account:
    def __init__(self, network, seed):
        self.network, self.seed = network, seed
        self.v = hash_scalar(network, "view-key", seed)
        self.s = hash_scalar(network, "spend-key", seed)
        self.V, self.S = self.v * G, self.s * G

    def address(self):
        return bech32m("hw", self.network[:4] + bytes([VERSION]) + self.V.encode() + self.S.encode())


def mint_context(network, serial):
    return hash32(network, "mint-context", u64(serial))


def hash_to_point(key):
    """Hp: the one hash without a label."""
    return from_uniform_bytes(hashlib.sha512(key.encode()).digest())


class Output:
    """Output `index` in context `ctx` to an account, made with ephemeral secret `r`."""

    def __init__(self, to, ctx, index, r):
        shared = r * to.V
        assert shared.encode() == (to.v * decode_point((r * G).encode())).encode(), "rV = vR"
        parts = (shared.encode(), ctx, bytes([index]))
        self.R = r * G
        self.k = hash_scalar(to.network, "one-time-key", *parts)
        self.view_tag = hash32(to.network, "view-tag", *parts)[0]
        self.hint_key = hash32(to.network, "hint", *parts)
        self.P = self.k * G + to.S
        self.x = (self.k + to.s) % ORDER
        assert self.P.encode() == (self.x * G).encode(), "P = xG"
        self.image = self.x * hash_to_point(self.P)


# --- Section 3: hints (ChaCha20-Poly1305, RFC 8439) ------------------------------------------------------------------


def chacha20_block(key, counter, nonce):
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + u32(counter) + nonce))
    state = start[:]

    def quarter(a, b, c, d):
        for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = state[x] + state[y] & 0xFFFFFFFF
            mixed = state[z] ^ state[x]
            state[z] = (mixed << turn | mixed >> 32 - turn) & 0xFFFFFFFF

    for _ in range(10):
        for i in range(4):
            quarter(i, i + 4, i + 8, i + 12)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(start, state)))


def seal(key, nonce, plain, associated):
    """Ciphertext and tag."""
    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range(-(-len(plain) // 64)))
    cipher = bytes(a ^ b for a, b in zip(plain, stream))
    once = chacha20_block(key, 0, nonce)
    r = int.from_bytes(once[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    padded = [part + bytes(-len(part) % 16) for part in (associated, cipher)]
    data = b"".join(padded) + u64(len(associated)) + u64(len(cipher))
    total = 0
    for at in range(0, len(data), 16):
        total = (total + int.from_bytes(data[at : at + 16] + b"\x01", "little")) * r % (2**130 - 5)
    tag = (total + int.from_bytes(once[16:32], "little")) % 2**128
    return cipher + tag.to_bytes(16, "little")


def hint(output, value, blinding, memo):
    """{ R, view tag, AEAD(value, blinding, memo) }; the key serves one message, so the nonce is zero; P is bound."""
    plain = u64(value) + scalar_bytes(blinding) + memo
    body = seal(output.hint_key, bytes(12), plain, output.P.encode())
    return output.R.encode() + bytes([output.view_tag]) + body


# --- Section 6.2: what meter and household share ---------------------------------------------------------------------


def ratchet(network, day_key):
    return hash32(network, "ratchet", day_key)


def note_tweak(network, day_key, meter, window):
    return hash_scalar(network, "meter-note", day_key, u32(meter), u64(window))


def reading_blinding(network, day_key, meter, salt, register, interval):
    return hash_scalar(network, "reading", u32(meter), day_key, salt, bytes([register]), u64(interval))


# --- Checks of this script against published vectors -----------------------------------------------------------------

assert G.encode().hex() == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76", "RFC 9496, A.1"
assert (2 * G).encode().hex() == "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919", "RFC 9496, A.1"
assert (ORDER * G).encode() == bytes(32)
ESPRESSO = hashlib.sha512(b"Ristretto is traditionally a short shot of espresso coffee").digest()
assert from_uniform_bytes(ESPRESSO).encode().hex() == (
    "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"
), "RFC 9496, A.3"
assert chacha20_block(bytes(range(32)), 1, bytes.fromhex("000000090000004a00000000"))[:16].hex() == (
    "10f1e7e4d13b5915500fdd1fa32071c4"
), "RFC 8439, 2.3.2"
assert seal(
    bytes(range(0x80, 0xA0)),
    bytes.fromhex("070000004041424344454647"),
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    bytes.fromhex("50515253c0c1c2c3c4c5c6c7"),
)[-16:].hex() == "1ae10b594f09e26a7e902ecbd0600691", "RFC 8439, 2.8.2"
assert bech32m("a", b"") == "a1lqfn3a", "BIP 350"

# --- The vectors -----------------------------------------------------------------------------------------------------


def fixed(name, length=32):
    """Bytes for an input, by a name: nothing but arbitrary."""
    return hashlib.sha512(b"hushwatt vector " + name.encode()).digest()[:length]


def fixed_scalar(name):
    return scalar_from_wide(fixed(name, 64))


LABELS = (
    "generator-j genesis view-key spend-key one-time-key view-tag hint mint-context ratchet meter-note reading "
    "attest-salt nonce schnorr handle range-proof range-batch signing-digest full-digest hints-digest contract-id permute "
    "bucket-digest block-header transaction-root validator-set certificate state-entry state-root meter-signature "
    "treasury-signature"
).split()

NETWORKS = [bytes(range(32)), fixed("network")]


def hash_vectors():
    for label in LABELS:
        yield {"network": NETWORKS[0], "label": label, "parts": []}
    yield {"network": NETWORKS[1], "label": "nonce", "parts": [b""]}
    yield {"network": NETWORKS[1], "label": "nonce", "parts": [b"ab", b"c"]}
    yield {"network": NETWORKS[1], "label": "nonce", "parts": [b"a", b"bc"]}
    yield {"network": NETWORKS[1], "label": "nonce", "parts": [fixed("long", 64) * 5, bytes(1)]}


def with_digests(hashes):
    for entry in hashes:
        digest = hash64(entry["network"], entry["label"], *entry["parts"])
        scalar, point = scalar_from_wide(digest), from_uniform_bytes(digest)
        yield {**entry, "digest": digest, "scalar": scalar_bytes(scalar), "point": point.encode()}


def account_vector(account):
    return {
        "network": account.network,
        "seed": account.seed,
        "view_secret": scalar_bytes(account.v),
        "spend_secret": scalar_bytes(account.s),
        "view_public": account.V.encode(),
        "spend_public": account.S.encode(),
        "address": account.address(),
    }


def output_vector(accounts, to, context, index, r_wide, value, memo):
    account = accounts[to]
    if "mint_serial" in context:
        ctx = mint_context(account.network, context["mint_serial"])
    else:
        ctx = context["first_image"]
    output = Output(account, ctx, index, scalar_from_wide(r_wide))
    blinding = fixed_scalar(f"blinding of output {index} to {to}")
    return {
        "account": to,
        "context": {**context, "bytes": ctx},
        "index": index,
        "ephemeral_wide": r_wide,
        "ephemeral_public": output.R.encode(),
        "tweak": scalar_bytes(output.k),
        "view_tag": output.view_tag,
        "hint_key": output.hint_key,
        "key": output.P.encode(),
        "secret": scalar_bytes(output.x),
        "hash_to_point": hash_to_point(output.P).encode(),
        "image": output.image.encode(),
        "value": value,
        "blinding": scalar_bytes(blinding),
        "commitment": commit(value, blinding).encode(),
        "memo": memo,
        "hint": hint(output, value, blinding, memo),
    }


def meter_vector(accounts, to, day, meter, windows, interval_length, window_length):
    account = accounts[to]
    day_key, salt = fixed(f"day key {meter}"), fixed(f"salt {meter}")
    keys = [day_key]
    for _ in range(3):
        keys.append(ratchet(account.network, keys[-1]))
    notes, readings = [], []
    for window in windows:
        key = keys[window * window_length // 86_400 - day]
        k = note_tweak(account.network, key, meter, window)
        public, x = k * G + account.S, (k + account.s) % ORDER
        image = x * hash_to_point(public)
        notes.append({
            "window": window,
            "day": window * window_length // 86_400,
            "tweak": scalar_bytes(k),
            "key": public.encode(),
            "secret": scalar_bytes(x),
            "image": image.encode(),
        })
        first = window * window_length // interval_length
        for register, interval, value in ((0, first, 0), (1, first, 2**32 - 1), (0, first + 1, 1234)):
            blinding = reading_blinding(account.network, key, meter, salt, register, interval)
            readings.append({
                "day": window * window_length // 86_400,
                "register": ("export", "import")[register],
                "interval": interval,
                "blinding": scalar_bytes(blinding),
                "value": value,
                "commitment": commit(value, blinding).encode(),
            })
    return {
        "account": to,
        "meter": meter,
        "day": day,
        "day_key": day_key,
        "next_day_keys": keys[1:],
        "salt": salt,
        "notes": notes,
        "readings": readings,
    }


def vectors():
    accounts = [
        Account(NETWORKS[0], bytes(32)),
        Account(NETWORKS[0], bytes([0xFF]) * 32),
        Account(NETWORKS[1], fixed("seed")),
    ]
    image = Output(accounts[0], mint_context(NETWORKS[0], 1), 0, 7).image.encode()
    b_d, t = fixed_scalar("b_d"), fixed_scalar("t")
    outputs = [
        (0, {"mint_serial": 1}, 0, bytes([1]) + bytes(63), 0, bytes(64)),
        (1, {"mint_serial": 2**64 - 1}, 63, bytes([0xFF]) * 64, 2**64 - 1, bytes(64)),
        (2, {"first_image": image}, 2, fixed("r", 64), 1_500_000, scalar_bytes(b_d) + scalar_bytes(t)),
        (2, {"first_image": image}, 3, fixed("r", 64), 1, bytes(range(64))),
    ]
    openings = [(0, 1), (1, 0), (1, 1), (2**32, ORDER - 1), (2**64 - 1, fixed_scalar("b"))]
    handles = [(1, 0), (0, 1), (b_d, t), (ORDER - 1, ORDER - 1)]
    # Day 20,241 is 2025-06-02. Hours of quarter hours over midnight; a single five-minute interval as its own window.
    meters = [(0, 20_241, 0, [485_784, 485_807, 485_808, 485_856], 900, 3600), (2, 0, 2**32 - 1, [0, 288], 300, 300)]
    return {
        "protocol_version": VERSION,
        "generators": {"g": G.encode(), "h": H.encode(), "j": J.encode()},
        "hashes": list(with_digests(hash_vectors())),
        "accounts": [account_vector(account) for account in accounts],
        "outputs": [output_vector(accounts, *output) for output in outputs],
        "commitments": [
            {"value": value, "blinding": scalar_bytes(blinding), "commitment": commit(value, blinding).encode()}
            for value, blinding in openings
        ],
        "handles": [
            {"delivered_blinding": scalar_bytes(b), "t": scalar_bytes(t), "handle": (b * G + t * J).encode()}
            for b, t in handles
        ],
        "meters": [meter_vector(accounts, *meter) for meter in meters],
    }


if __name__ == "__main__":
    print(json.dumps(vectors(), indent=1, default=bytes.hex))
