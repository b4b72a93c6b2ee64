#!/usr/bin/env python3
"""Checks the books from outside: an export of the ledger, and what others remember of the same payments.

    check_books.py [--key VERIFIER_KEY] [--load-log FILE]... [--sandbox-ledger FILE]... EXPORT_FOLDER

Written from ledger/FORMAT.md alone. It shares no code with the gateway, in another language, so that the two can
only agree by both being right. Python 3.11, standard library only.

The export is held against itself: the signature of the checkpoint, the tree rebuilt from the records, every tile,
every record to its last byte, debits and credits of every entry and of the whole in each currency, keys claimed once.

Then against the witnesses, if they are given:
  --load-log        what the load generator sent: every acknowledged payment is booked exactly once with its amount,
                    and nothing is booked that was not attempted;
  --sandbox-ledger  what the simulated Safaricom, bank, Airtel, acquirer or card terminals moved: the books have all of
                    it, with its amounts, but for what was never delivered, which is listed; and nothing else but what
                    somebody told of under a number that was typed wrongly, which is listed too.

Ends with 0 if everything holds, 1 if the export is not in order in itself or something cannot be read, 2 if it was
called wrongly, 3 if the export is in order and the witnesses know something else.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
from collections import Counter
from pathlib import Path

TILE_WIDTH = 256
SMALL_FILE_LEN_MAX = 1 << 20
LINES_SHOWN_MAX = 20
CURRENCIES = {404: "KES", 840: "USD"}
ACCOUNT = re.compile(r"[1-59][0-9]{3}(?:\.[a-z0-9-]+)*", re.ASCII)
ACCOUNT_LEN_MAX = 128
CLAIM_DETAIL_LEN = 24

HOLDS, NOT_IN_ORDER, CALLED_WRONGLY, DIFFERS = 0, 1, 2, 3


class Wrong(Exception):
    """Bytes that are not what FORMAT.md says they are."""


# --- Ed25519, RFC 8032 section 5.1.7 ----------------------------------------------------------------------------------

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, FIELD) % FIELD
SQRT_MINUS_ONE = pow(2, (FIELD - 1) // 4, FIELD)


def point_add(left, right):
    """Adds two points in extended coordinates (X, Y, Z, T)."""
    a = (left[1] - left[0]) * (right[1] - right[0]) % FIELD
    b = (left[1] + left[0]) * (right[1] + right[0]) % FIELD
    c = 2 * left[3] * right[3] * CURVE_D % FIELD
    d = 2 * left[2] * right[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        scalar >>= 1
    return result


def point_decode(encoded):
    """The point of 32 bytes, or None if they are none."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= FIELD:
        return None
    square = (y * y - 1) * pow(CURVE_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if x * x % FIELD != square:
        x = x * SQRT_MINUS_ONE % FIELD
    if x * x % FIELD != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = FIELD - x
    return x, y, 1, x * y % FIELD


BASE_POINT = point_decode((4 * pow(5, -1, FIELD) % FIELD).to_bytes(32, "little"))


def ed25519_verifies(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = point_decode(public), point_decode(signature[:32])
    response = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or response >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    left = point_multiply(response, BASE_POINT)
    right = point_add(commitment, point_multiply(challenge, key))
    same_x = (left[0] * right[2] - right[0] * left[2]) % FIELD == 0
    same_y = (left[1] * right[2] - right[1] * left[2]) % FIELD == 0
    return same_x and same_y


# --- Checkpoints and keys ---------------------------------------------------------------------------------------------


def unbase64(text):
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Wrong(f"{text[:60]!r} is not base64") from error


def parse_key(text):
    """Name, id and the 32 bytes of a verifier key NAME+ID+BASE64."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise Wrong("a verifier key is NAME+ID+BASE64")
    name, key_id, key = parts[0], parts[1], unbase64(parts[2])
    if len(key) != 33 or key[0] != 1:
        raise Wrong(f"the key {name} is not an Ed25519 key")
    expected = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    if key_id != expected.hex():
        raise Wrong(f"the id of the key {name} does not fit it")
    return name, expected, key[1:]


def open_checkpoint(note, key):
    """Origin, size and root of a checkpoint, having verified that the key signed it."""
    text, blank, signatures = note.partition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise Wrong("the checkpoint does not have the form of a signed note")
    lines = text.split("\n")
    if len(lines) < 3 or not lines[0] or not re.fullmatch("0|[1-9][0-9]*", lines[1], re.ASCII):
        raise Wrong("the checkpoint is not origin, size and root")
    root = unbase64(lines[2])
    if len(root) != 32:
        raise Wrong("the root in the checkpoint is not 32 bytes")
    name, key_id, public = key
    signed = False
    for line in signatures[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        signer, _, encoded = rest.rpartition(" ")
        signature = unbase64(encoded)
        if dash != "\u2014" or not signer:
            raise Wrong("behind the checkpoint stands something that is no signature")
        if signer == name and signature[:4] == key_id:
            if not ed25519_verifies(public, (text + "\n").encode(), signature[4:]):
                raise Wrong(f"the signature of {name} does not fit the checkpoint")
            signed = True
    if not signed:
        raise Wrong(f"the checkpoint has no signature of {name}")
    return lines[0], int(lines[1]), root


# --- Records ----------------------------------------------------------------------------------------------------------

HEAD = struct.Struct("<BBBBQQq")
POSTING = struct.Struct("<BHq")
U64 = struct.Struct("<Q")
U32 = struct.Struct("<I")


class Record:
    """What a leaf says, as far as the checks need it."""

    __slots__ = ("sequence", "time", "claims", "entries")

    def __init__(self, sequence, time, claims, entries):
        self.sequence, self.time, self.claims, self.entries = sequence, time, claims, entries


def read_text(leaf, at):
    end = at + 1 + leaf[at]
    if end > len(leaf):
        raise Wrong("a text goes beyond the end")
    return str(leaf[at + 1 : end], "utf-8"), end


def decode_leaf(leaf):
    """Reads a leaf to its last byte."""
    try:
        return decode_whole_leaf(leaf)
    except (IndexError, struct.error) as error:
        raise Wrong("it ends early") from error
    except UnicodeDecodeError as error:
        raise Wrong("a text is not UTF-8") from error


def decode_whole_leaf(leaf):
    version, flags, evidence, reserved, sequence, _writer, time = HEAD.unpack_from(leaf)
    if version != 1 or flags > 3 or evidence > 3 or reserved:
        raise Wrong("version, flags, evidence or the reserved byte has no meaning in version 1")
    at = HEAD.size
    for _ in ("principal", "cause"):
        _text, at = read_text(leaf, at)
    if flags & 1:
        at += 32
    claims = []
    count, at = leaf[at], at + 1
    for _ in range(count):
        key, at = read_text(leaf, at)
        claims.append(key)
        at += CLAIM_DETAIL_LEN
    entries = []
    count, at = leaf[at], at + 1
    for _ in range(count):
        entry, at = decode_entry(leaf, at)
        entries.append(entry)
    if flags & 2:
        at += 8
        at += 1 + 33 * leaf[at]
    (event_len,) = U32.unpack_from(leaf, at)
    if at + 4 + event_len != len(leaf):
        raise Wrong("the event does not end where the record does")
    return Record(sequence, time, claims, entries)


def decode_entry(leaf, at):
    """(phase, names of earlier records, postings as (account, currency, signed amount)), and where it ends."""
    phase, at = leaf[at], at + 1
    earlier = []
    if phase in (2, 3):
        earlier.append(U64.unpack_from(leaf, at)[0])
        at += 8
    elif phase > 3:
        raise Wrong(f"phase {phase} has no meaning")
    corrects, at = leaf[at], at + 1
    if corrects == 1:
        earlier.append(U64.unpack_from(leaf, at)[0])
        at += 8
    elif corrects > 1:
        raise Wrong("whether the entry corrects has no meaning")
    _reason, at = read_text(leaf, at)
    count, at = leaf[at], at + 1
    if count < 2:
        raise Wrong("an entry has fewer than two postings")
    postings = []
    for _ in range(count):
        side, currency, amount = POSTING.unpack_from(leaf, at)
        account, at = read_text(leaf, at + POSTING.size)
        _memo, at = read_text(leaf, at)
        if side > 1 or currency not in CURRENCIES or amount <= 0:
            raise Wrong("side, currency or amount of a posting has no meaning")
        if len(account) > ACCOUNT_LEN_MAX or not ACCOUNT.fullmatch(account):
            raise Wrong(f"{account!r} is no account")
        postings.append((account, currency, -amount if side else amount))
    return (phase, earlier, postings), at


# --- The tree ---------------------------------------------------------------------------------------------------------


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    """The root over one or more hashes, RFC 6962 section 2.1."""
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:middle]), root_of(hashes[middle:]))


class Tree:
    """Rebuilds tiles and root from leaf hashes. In memory: a tile a level, and roots of full tiles in pairs."""

    def __init__(self, full_tile):
        self.edge = []  # by level: [index of the tile, its hashes]
        self.peaks = []  # (number of full bundles, root), largest first
        self.full_tile = full_tile

    def append(self, leaf_hashes):
        """Adds the leaves of a bundle; only the last bundle may be partial."""
        self.add_row(0, leaf_hashes)

    def add_row(self, level, hashes):
        if level == len(self.edge):
            self.edge.append([0, []])
        tile = self.edge[level]
        tile[1] += hashes
        if len(tile[1]) < TILE_WIDTH:
            return
        root = root_of(tile[1])
        self.full_tile(level, tile[0], tile[1])
        self.edge[level] = [tile[0] + 1, []]
        if level == 0:
            self.add_peak(root)
        self.add_row(level + 1, [root])

    def add_peak(self, root):
        count = 1
        while self.peaks and self.peaks[-1][0] == count:
            root = node_hash(self.peaks.pop()[1], root)
            count *= 2
        self.peaks.append((count, root))

    def partial_tiles(self):
        return [(level, index, hashes) for level, (index, hashes) in enumerate(self.edge) if hashes]

    def root(self):
        below = [root for _count, root in self.peaks]
        if self.edge and self.edge[0][1]:
            below.append(root_of(self.edge[0][1]))
        if not below:
            return hashlib.sha256(b"").digest()
        root = below.pop()
        while below:
            root = node_hash(below.pop(), root)
        return root


# --- The export -------------------------------------------------------------------------------------------------------


def tile_path(kind, index, width):
    elements = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        elements.insert(0, f"x{index % 1000:03}")
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{kind}/{'/'.join(elements)}{suffix}"


def read_file(folder, name, len_max=SMALL_FILE_LEN_MAX):
    try:
        with open(folder / name, "rb") as file:
            content = file.read(len_max + 1)
    except OSError as error:
        raise Wrong(f"{name}: {error.strerror}") from error
    if len(content) > len_max:
        raise Wrong(f"{name}: it is longer than it can rightly be")
    return content


def read_bundle(folder, name, width):
    content = read_file(folder, name, TILE_WIDTH * (2 + 65535))
    leaves, at = [], 0
    while at < len(content):
        end = at + 2 + int.from_bytes(content[at : at + 2], "big")
        if end > len(content) or at + 2 > len(content):
            raise Wrong(f"{name}: it ends in the middle of a record")
        leaves.append(content[at + 2 : end])
        at = end
    if len(leaves) != width:
        raise Wrong(f"{name}: it has {len(leaves)} records, not {width}")
    return leaves


class Findings:
    """What is wrong, in the order it was found: all is counted, the first of it is shown."""

    def __init__(self):
        self.shown, self.count = [], 0

    def add(self, text):
        self.count += 1
        if len(self.shown) < LINES_SHOWN_MAX:
            self.shown.append(text)


class Books:
    """The books as the records of an export make them."""

    def __init__(self, wrong):
        self.wrong = wrong
        self.record_count = 0
        self.entry_count = 0
        self.time = None
        self.claimed = {}  # key: sequence of its claimant
        self.balances = Counter()  # (account, currency): final debits less credits
        self.promised = Counter()  # (account, currency, is debit): promised and not settled or released
        self.receipts = {}  # receipt number: [(amount, currency, sequence)] of credits

    def take(self, sequence, leaf):
        try:
            record = decode_leaf(leaf)
        except Wrong as error:
            self.wrong.add(f"record {sequence}: {error}")
            return
        self.record_count += 1
        if record.sequence != sequence:
            self.wrong.add(f"record {record.sequence} stands where {sequence} belongs")
        if self.time is not None and record.time < self.time:
            self.wrong.add(f"record {sequence}: its time is before that of the record before it")
        self.time = record.time
        for key in record.claims:
            first = self.claimed.setdefault(key, sequence)
            if first != sequence or record.claims.count(key) > 1:
                self.wrong.add(f"record {sequence}: {key!r} was claimed already, by record {first}")
        for entry in record.entries:
            self.post(sequence, entry)
        self.note_receipts(record)

    def post(self, sequence, entry):
        phase, earlier, postings = entry
        self.entry_count += 1
        net = Counter()
        for account, currency, amount in postings:
            net[currency] += amount
            if phase in (0, 2):
                self.balances[account, currency] += amount
            if phase:
                promised = abs(amount) if phase == 1 else -abs(amount)
                self.promised[account, currency, amount > 0] += promised
        for currency, difference in net.items():
            if difference:
                self.wrong.add(
                    f"record {sequence}: debits exceed credits by {money(difference, currency)}"
                )
        if any(named >= sequence for named in earlier):
            self.wrong.add(f"record {sequence}: an entry names a record that does not come before it")

    def note_receipts(self, record):
        credits = [key.split(" ") for key in record.claims if key.startswith("receipt ")]
        credits = [words for words in credits if len(words) == 5 and words[4] == "credit"]
        if not credits:
            return
        # What came in is what the account grew by on which it came, whatever became of it on the other side: revenue, or money
        # of ours that was on its way from another account.
        came_on = {f"1000.{words[1]}.{words[2]}" for words in credits}
        grown = Counter()
        for phase, _earlier, postings in record.entries:
            for account, currency, amount in postings:
                if phase == 0 and account in came_on:
                    grown[currency] += amount
        grown = [(amount, currency) for currency, amount in grown.items() if amount]
        if len(credits) != 1 or len(grown) != 1:
            self.wrong.add(
                f"record {record.sequence}: it claims {len(credits)} receipts and books money in {len(grown)} "
                "currencies, one of each is expected"
            )
            return
        (amount, currency) = grown[0]
        booking = (amount, CURRENCIES[currency], record.sequence)
        self.receipts.setdefault(credits[0][3], []).append(booking)

    def end(self):
        totals = Counter()
        for (_account, currency), balance in self.balances.items():
            totals[currency] += balance
        for currency, total in totals.items():
            if total:
                self.wrong.add(f"the trial balance is off by {money(total, currency)}")
        for (account, currency, _side), amount in self.promised.items():
            if amount < 0:
                what = money(-amount, currency)
                self.wrong.add(f"{account}: {what} more was settled or released than was promised")


def money(minor, currency):
    name = CURRENCIES.get(currency, currency)
    return f"{name} {'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02}"


def check_export(folder, key, wrong):
    """Checks an export against itself and a key. Returns its books, and its checkpoint if the key signed it."""
    books = Books(wrong)
    try:
        note = read_file(folder, "checkpoint").decode()
        origin, size, root = open_checkpoint(note, key)
    except (Wrong, UnicodeDecodeError) as error:
        wrong.add(f"checkpoint: {error}")
        return books, None
    expected_files = {"checkpoint", "keys.txt", "manifest.json", "records.ndjson", "SHA256SUMS"}

    def compare_tile(level, index, hashes):
        name = tile_path(level, index, len(hashes))
        expected_files.add(name)
        try:
            if read_file(folder, name) != b"".join(hashes):
                wrong.add(f"{name}: its hashes are not those that follow from the records")
        except Wrong as error:
            wrong.add(str(error))

    tree = Tree(compare_tile)
    is_whole = True
    for index in range(-(-size // TILE_WIDTH)):
        first = index * TILE_WIDTH
        width = min(size - first, TILE_WIDTH)
        name = tile_path("entries", index, width)
        expected_files.add(name)
        try:
            leaves = read_bundle(folder, name, width)
        except Wrong as error:
            wrong.add(f"{error}; records {first} to {first + width - 1} cannot be checked")
            is_whole = False
            continue
        if is_whole:
            tree.append([hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves])
        for sequence, leaf in enumerate(leaves, first):
            books.take(sequence, leaf)
    if is_whole:
        for level, index, hashes in tree.partial_tiles():
            compare_tile(level, index, hashes)
        if tree.root() != root:
            wrong.add(f"the checkpoint's root is not that of the records, which is {tree.root().hex()}")
        check_files(folder, expected_files, wrong)
    else:
        wrong.add("the root cannot be rebuilt, because records are missing")
    check_sums(folder, wrong)
    check_manifest(folder, origin, size, root, wrong)
    books.end()
    return books, (origin, size, root)


def check_files(folder, expected, wrong):
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in expected:
            wrong.add(f"{name}: this file does not belong to the export")


def check_sums(folder, wrong):
    try:
        lines = read_file(folder, "SHA256SUMS").decode("ascii", "replace").split("\n")
    except Wrong as error:
        wrong.add(str(error))
        return
    named = []
    for line in lines[:-1]:
        digest, _, name = line.partition("  ")
        named.append(name)
        if name not in ("keys.txt", "manifest.json", "records.ndjson"):
            continue
        try:
            with open(folder / name, "rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    wrong.add(f"{name}: its hash is not the one in SHA256SUMS")
        except OSError as error:
            wrong.add(f"{name}: {error.strerror}")
    if named != ["keys.txt", "manifest.json", "records.ndjson"] or lines[-1]:
        wrong.add("SHA256SUMS: it does not name keys.txt, manifest.json and records.ndjson, and these alone")


def check_manifest(folder, origin, size, root, wrong):
    try:
        manifest = json.loads(read_file(folder, "manifest.json"))
        said = tuple(manifest.get(field) for field in ("export_version", "origin", "size", "root"))
    except (Wrong, ValueError, AttributeError) as error:
        wrong.add(f"manifest.json: {error}")
        return
    if said != (1, origin, size, root.hex()):
        wrong.add("manifest.json: it is not of what the checkpoint says")


# --- The witnesses ----------------------------------------------------------------------------------------------------


def log_lines(path):
    """The objects of a log, one a line. A last line without its end was never finished, and counts for nothing."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise Wrong(f"{path}, line {number}: {error}") from error
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror}") from error


class Attempt:
    """A payment that the load generator sent."""

    __slots__ = ("receipt", "amount", "currency", "is_acknowledged", "is_unknown")

    def __init__(self, receipt, amount, currency):
        self.receipt, self.amount, self.currency = receipt, amount, currency
        self.is_acknowledged = self.is_unknown = False


class LoadLog:
    """What the load generator sent and what was acknowledged."""

    def __init__(self, paths):
        self.attempts = []
        self.strays = []  # acknowledged and never attempted
        for path in paths:
            # Ids are those of one log; it may hold several runs.
            attempts = {}
            for line in log_lines(path):
                self.take(attempts, line)
            self.attempts += attempts.values()

    def take(self, attempts, line):
        kind, receipt = line["kind"], line["receipt"]
        identity = line.get("id", receipt)
        if kind == "attempt":
            attempts.setdefault(identity, Attempt(receipt, line["amount_minor"], sys.intern(line["currency"])))
        elif kind == "not_sent":
            attempts.pop(identity, None)
        elif kind == "unknown" and identity in attempts:
            attempts[identity].is_unknown = True
        elif kind == "ack" and line["acknowledged"]:
            if identity not in attempts:
                self.strays.append(receipt or identity)
                return
            attempts[identity].is_acknowledged = True
            # Where the provider gives the receipt, the acknowledgement is the first to know it.
            attempts[identity].receipt = attempts[identity].receipt or receipt


class SandboxLedger:
    """What the simulated Safaricom, bank, Airtel, acquirer or terminals moved, and what it could tell the gateway of it."""

    def __init__(self, paths):
        self.moved = {}  # receipt: (amount, currency)
        self.repeated = []
        self.mistyped = {}  # receipt that nobody gave: (amount, currency) of the payment that was meant
        self.delivered = set()
        named = {}  # how a provider calls what it tells of: receipt
        answered = set()
        for path in paths:
            for line in log_lines(path):
                self.take(line, named, answered)
        self.delivered |= {named[name] for name in answered if name in named}

    def take(self, line, named, answered):
        kind = line.get("kind")
        if kind == "moved" and "airtel_money_id" in line:
            self.move(line["airtel_money_id"], line["amount_minor"], "KES")
            named["airtel", line["id"]] = line["airtel_money_id"]
        elif kind == "moved":
            self.move(line["receipt"], line["amount_minor"], line["currency"])
            named["prompt", line.get("checkout_request_id")] = line["receipt"]
        elif kind == "deposited":
            self.move(line["reference"], line["amount_minor"], "KES")
        elif kind == "sold":
            named["sale", line["rrn"]] = f"{line['terminal']}-{line['batch']}-{line['rrn'].lstrip('0')}"
            self.move(named["sale", line["rrn"]], line["amount_minor"], "KES")
        elif kind == "voided":
            self.moved.pop(named["sale", line["rrn"]], None)
        elif kind == "rrn_mistyped":
            meant = named["sale", line["rrn"]]
            self.mistyped[f"{meant.rsplit('-', 1)[0]}-{line['as_typed'].lstrip('0')}"] = self.moved[meant]
        elif kind == "slip_mistyped":
            self.mistyped[line["as_typed"]] = self.moved[line["reference"]]
        elif kind == "session_ended" and isinstance(line["session"]["state"], dict):
            session = line["session"]
            self.move(session["state"]["paid"], session["amount"], session["currency"])
            named["card", session["reference"]] = session["state"]["paid"]
        elif kind == "confirmation_sent" and line.get("delivered"):
            self.delivered.add(line["receipt"])
        elif kind == "told" and line.get("http_status") == 200:
            self.delivered.add(line["reference"])
        elif kind == "callback_sent" and line.get("http_status") == 200:
            answered.add(("airtel", line["id"]))
        elif kind == "webhook_sent" and line.get("http_status") == 200:
            answered.add(("card", line["reference"]))
        elif kind == "stk_callback_sent" and line.get("delivered") and line.get("result_code") == 0:
            answered.add(("prompt", line["checkout_request_id"]))

    def move(self, receipt, amount, currency):
        if receipt in self.moved:
            self.repeated.append(receipt)
        self.moved[receipt] = (amount, sys.intern(currency))


def booked_wrongly(bookings, amount, currency):
    """What is wrong with the bookings of a receipt; nothing if it is booked once with this money."""
    if not bookings:
        return "is not booked"
    if len(bookings) > 1:
        return f"is booked {len(bookings)} times, by records {', '.join(str(b[2]) for b in bookings)}"
    if bookings[0][:2] != (amount, currency):
        found = money(*bookings[0][:2])
        return f"is booked as {found} by record {bookings[0][2]}, not as {money(amount, currency)}"
    return None


def compare_load(books, load, differences):
    for receipt in load.strays:
        differences.add(f"{receipt} was acknowledged, but the load log has no attempt of it")
    nameless = 0
    for attempt in load.attempts:
        if attempt.receipt is None:
            nameless += attempt.is_acknowledged
            continue
        bookings = books.receipts.get(attempt.receipt)
        # What nobody answered may be there or not; if it is, it is there once and as it was sent.
        if attempt.is_acknowledged or bookings:
            problem = booked_wrongly(bookings, attempt.amount, attempt.currency)
            how = "acknowledged" if attempt.is_acknowledged else "attempted"
            if problem:
                differences.add(f"{attempt.receipt} was {how} and {problem}")
    return nameless


def compare_sandbox(books, sandbox, differences):
    """Returns the receipts that moved and were never delivered, with their money."""
    for receipt in sandbox.repeated:
        differences.add(f"{receipt} moved twice, says the sandbox")
    undelivered = []
    for receipt, (amount, currency) in sandbox.moved.items():
        bookings = books.receipts.get(receipt)
        if not bookings and receipt not in sandbox.delivered:
            undelivered.append((receipt, amount, currency))
            continue
        problem = booked_wrongly(bookings, amount, currency)
        if problem:
            differences.add(f"{receipt} moved {money(amount, currency)} and {problem}")
    for receipt, (amount, currency) in sandbox.mistyped.items():
        bookings = books.receipts.get(receipt)
        problem = booked_wrongly(bookings, amount, currency) if bookings else None
        if problem:
            differences.add(f"{receipt} was typed for {money(amount, currency)} and {problem}")
    return undelivered


def find_unattempted(books, load, sandbox, differences):
    """Booked receipts that no witness knows. Without receipts in its attempts a load log cannot tell alone."""
    known = set(sandbox.moved) | set(sandbox.mistyped) if sandbox else set()
    if load:
        receipts = {attempt.receipt for attempt in load.attempts}
        if None in receipts and not sandbox:
            return False
        known |= receipts
    for receipt, bookings in books.receipts.items():
        if receipt not in known:
            booked = ", ".join(f"{money(*b[:2])} by record {b[2]}" for b in bookings)
            differences.add(f"{receipt} is booked ({booked}), and nobody attempted it")
    return True


# --- The report -------------------------------------------------------------------------------------------------------


def totals_of(pairs):
    """`KES 1.00, USD 2.00` of (amount, currency) pairs."""
    totals = Counter()
    for amount, currency in pairs:
        totals[currency] += amount
    return ", ".join(money(total, currency) for currency, total in sorted(totals.items())) or "nothing"


def show(title, lines, count):
    print(f"{title}: {count}")
    for line in lines[:LINES_SHOWN_MAX]:
        print(f"  {line}")
    if count > len(lines[:LINES_SHOWN_MAX]):
        print(f"  … and {count - len(lines[:LINES_SHOWN_MAX])} more")


def report_books(books, checkpoint):
    if checkpoint:
        origin, size, root = checkpoint
        print(f"Export of {origin}: {size} records, root {root.hex()}")
    bookings = [booking[:2] for bookings in books.receipts.values() for booking in bookings]
    print(f"Read: {books.record_count} records, {books.entry_count} entries, {len(books.claimed)} claimed keys")
    print(f"Receipts booked: {len(bookings)}, {totals_of(bookings)}")


def run(arguments):
    wrong, differences = Findings(), Findings()
    folder = Path(arguments.folder)
    try:
        if arguments.key:
            key = parse_key(arguments.key)
        else:
            print("No --key: the key that lies in the export is believed, which proves that it is whole, not whose it is.")
            lines = read_file(folder, "keys.txt").decode("utf-8", "replace").split("\n")
            key = parse_key(lines[0])
        load = LoadLog(arguments.load_log) if arguments.load_log else None
        sandbox = SandboxLedger(arguments.sandbox_ledger) if arguments.sandbox_ledger else None
    except Wrong as error:
        print(f"NOT IN ORDER: {error}")
        return NOT_IN_ORDER
    except KeyError as error:
        print(f"NOT IN ORDER: a line of a witness has no field {error}")
        return NOT_IN_ORDER
    books, checkpoint = check_export(folder, key, wrong)
    report_books(books, checkpoint)
    if load:
        nameless = compare_load(books, load, differences)
        acknowledged = sum(attempt.is_acknowledged for attempt in load.attempts)
        unknown = sum(attempt.is_unknown and not attempt.is_acknowledged for attempt in load.attempts)
        print(f"Load log: {len(load.attempts)} attempted, {acknowledged} acknowledged, {unknown} unknown")
        if nameless:
            print(f"  {nameless} were acknowledged without their receipt and can be held against the sandbox only")
    if sandbox:
        undelivered = compare_sandbox(books, sandbox, differences)
        print(f"Sandbox: {len(sandbox.moved)} moved, {totals_of(sandbox.moved.values())}")
        lines = [f"{receipt} {money(amount, currency)}" for receipt, amount, currency in undelivered]
        show("Moved and never delivered, so not booked", lines, len(lines))
        print(f"  together {totals_of((amount, currency) for _receipt, amount, currency in undelivered)}")
        mistyped = {receipt: paid for receipt, paid in sandbox.mistyped.items() if receipt in books.receipts}
        if mistyped:
            lines = [f"{receipt} {money(*paid)}" for receipt, paid in mistyped.items()]
            show("Told of under a number that was typed wrongly, and booked", lines, len(lines))
    if (load or sandbox) and not find_unattempted(books, load, sandbox, differences):
        print("Whether everything booked was attempted cannot be told: the attempts have no receipts. Give --sandbox-ledger.")
    if wrong.count:
        show("NOT IN ORDER", wrong.shown, wrong.count)
    if differences.count:
        show("DIFFERENCES", differences.shown, differences.count)
    if wrong.count:
        return NOT_IN_ORDER
    if differences.count:
        return DIFFERS
    print("Everything holds.")
    return HOLDS


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("folder", metavar="EXPORT_FOLDER", help="what `malipo export` made")
    parser.add_argument("--key", help="verifier key NAME+ID+BASE64, from somebody you trust")
    parser.add_argument("--load-log", action="append", metavar="FILE", help="log of the load generator, NDJSON")
    parser.add_argument("--sandbox-ledger", action="append", metavar="FILE", help="record of the sandbox, NDJSON")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
