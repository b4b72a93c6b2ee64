#!/usr/bin/env python3
"""The checker is shown to fail: a small export is built here, sabotaged in each way it has to notice, and noticed.

    python3 -m unittest tests/check_books_test.py

The export is written from ledger/FORMAT.md, as the checker is; the fixture of ledger/tests/ledger/fixtures is the
ledger's own writing, so that the two cannot agree on a mistake of this file.
"""

import base64
import contextlib
import hashlib
import io
import json
import shutil
import struct
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import check_books  # noqa: E402

ORIGIN = "books.example/ledger"
SEED = bytes(range(32))
FIXTURE = Path(__file__).parent.parent / "ledger/tests/ledger/fixtures/v1/journal/00000000000000000000.seg"
FIXTURE_ROOT = "b83316ed53101cbedc6765d3e24801c6d501231e3398ef55b0c9434959ba7ef6"


def point_encode(point):
    x, y, z, _t = point
    inverse = pow(z, -1, check_books.FIELD)
    x, y = x * inverse % check_books.FIELD, y * inverse % check_books.FIELD
    return (y | (x & 1) << 255).to_bytes(32, "little")


def secret_of(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def public_of(seed):
    return point_encode(check_books.point_multiply(secret_of(seed)[0], check_books.BASE_POINT))


def sign(seed, message):
    scalar, prefix = secret_of(seed)
    public = public_of(seed)
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % check_books.ORDER
    commitment = point_encode(check_books.point_multiply(nonce, check_books.BASE_POINT))
    challenge = int.from_bytes(hashlib.sha512(commitment + public + message).digest(), "little")
    response = (nonce + challenge * scalar) % check_books.ORDER
    return commitment + response.to_bytes(32, "little")


def key_id(seed):
    return hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public_of(seed)).digest()[:4]


def key_text(seed):
    return f"{ORIGIN}+{key_id(seed).hex()}+{base64.b64encode(bytes([1]) + public_of(seed)).decode()}"


def text(value):
    return bytes([len(value.encode())]) + value.encode()


def posting(side, cents, account, currency=404):
    return struct.pack("<BHq", side, currency, cents) + text(account) + text("memo")


def entry(*postings, phase=b"\x00"):
    return phase + b"\x00" + text("payment") + bytes([len(postings)]) + b"".join(postings)


def payment_entry(cents, credited=None):
    debit = posting(0, cents, "1000.mpesa.222222")
    return entry(debit, posting(1, cents if credited is None else credited, "2000.kws.park"))


def leaf(sequence, receipt=None, entries=(), time=None, event=b'{"a":1}'):
    time = 1_800_000_000_000_000 + sequence if time is None else time
    claims = [f"receipt mpesa 222222 {receipt} credit"] if receipt else []
    return (
        struct.pack("<BBBBQQq", 1, 0, 1, 0, sequence, 7, time)
        + text("mpesa")
        + text(f"request-{sequence}")
        + bytes([len(claims)])
        + b"".join(text(claim) + bytes(24) for claim in claims)
        + bytes([len(entries)])
        + b"".join(entries)
        + struct.pack("<I", len(event))
        + event
    )


def root_by_definition(leaves):
    """RFC 6962 section 2.1, word for word; the checker builds its root from tiles."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = root_by_definition(leaves[:middle]), root_by_definition(leaves[middle:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_export(folder, leaves, seed=SEED):
    """An export of fewer than 65,536 leaves."""
    hashes = [hashlib.sha256(b"\x00" + one).digest() for one in leaves]
    full = []
    for first in range(0, len(leaves), 256):
        part, width = leaves[first : first + 256], min(256, len(leaves) - first)
        suffix = "" if width == 256 else f".p/{width}"
        bundle = b"".join(len(one).to_bytes(2, "big") + one for one in part)
        write(folder, f"tile/entries/{first // 256:03}{suffix}", bundle)
        write(folder, f"tile/0/{first // 256:03}{suffix}", b"".join(hashes[first : first + 256]))
        if width == 256:
            full.append(root_by_definition(part))
    if full:
        write(folder, f"tile/1/000.p/{len(full)}", b"".join(full))
    root = root_by_definition(leaves)
    body = f"{ORIGIN}\n{len(leaves)}\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(key_id(seed) + sign(seed, body.encode())).decode()
    write(folder, "checkpoint", f"{body}\n\u2014 {ORIGIN} {signature}\n".encode())
    manifest = {"export_version": 1, "record_version": 1, "origin": ORIGIN, "size": len(leaves), "root": root.hex()}
    small = {"keys.txt": f"{key_text(seed)}\n", "manifest.json": json.dumps(manifest), "records.ndjson": "{}\n"}
    for name, content in small.items():
        write(folder, name, content.encode())
    sums = [f"{hashlib.sha256(content.encode()).hexdigest()}  {name}\n" for name, content in small.items()]
    write(folder, "SHA256SUMS", "".join(sums).encode())


def payments(count):
    return [leaf(number, f"T{number:04}", [payment_entry(100 + number)]) for number in range(count)]


class Sabotage(unittest.TestCase):
    """A folder to work in, and the checker's verdict on what is in it."""

    def setUp(self):
        self.work = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.work)
        self.folder = self.work / "export"
        self.folder.mkdir()

    def log(self, name, lines):
        path = self.work / name
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)

    def check(self, *options, key=key_text(SEED)):
        arguments = ["check_books.py", "--key", key, *options, str(self.folder)]
        output = io.StringIO()
        with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(output):
            code = check_books.main()
        self.output = output.getvalue()
        return code

    def expect(self, code, says, *options, **others):
        self.assertEqual(self.check(*options, **others), code, self.output)
        self.assertIn(says, self.output)


class TheExportItself(Sabotage):
    def test_an_honest_export_holds(self):
        for count in (0, 1, 2, 255, 256, 257, 700):
            with self.subTest(count=count):
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                write_export(self.folder, payments(count))
                self.expect(check_books.HOLDS, "Everything holds.")
                self.assertIn(f"Receipts booked: {count}", self.output)

    def test_an_altered_leaf(self):
        write_export(self.folder, payments(5))
        bundle = self.folder / "tile/entries/000.p/5"
        content = bytearray(bundle.read_bytes())
        content[-1] ^= 1
        bundle.write_bytes(content)
        self.expect(check_books.NOT_IN_ORDER, "root is not that of the records")

    def test_every_altered_bit_of_a_small_export(self):
        write_export(self.folder, payments(2))
        for path in sorted(self.folder.rglob("*")):
            if path.is_dir():
                continue
            honest = path.read_bytes()
            # Every byte of every file once, with another bit each time.
            for at in range(len(honest)):
                altered = bytearray(honest)
                altered[at] ^= 1 << at % 8
                path.write_bytes(altered)
                with self.subTest(file=path.name, byte=at):
                    self.assertEqual(self.check(), check_books.NOT_IN_ORDER, self.output)
            path.write_bytes(honest)
        self.expect(check_books.HOLDS, "Everything holds.")

    def test_a_removed_record(self):
        leaves = payments(5)
        write_export(self.folder, leaves)
        bundle = self.folder / "tile/entries/000.p/5"
        bundle.write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in leaves[:2] + leaves[3:]))
        self.expect(check_books.NOT_IN_ORDER, "it has 4 records, not 5")

    def test_a_removed_record_that_was_signed_for(self):
        leaves = payments(5)
        write_export(self.folder, leaves[:2] + leaves[3:])
        self.expect(check_books.NOT_IN_ORDER, "record 3 stands where 2 belongs")

    def test_a_removed_bundle_and_a_removed_tile(self):
        for name in ("tile/entries/000", "tile/0/000", "tile/1/000.p/1", "keys.txt", "SHA256SUMS"):
            with self.subTest(file=name):
                write_export(self.folder, payments(300))
                (self.folder / name).unlink()
                self.expect(check_books.NOT_IN_ORDER, name)

    def test_a_manifest_of_something_else(self):
        write_export(self.folder, payments(2))
        honest = (self.folder / "manifest.json").read_bytes()
        other = honest.replace(b'"size": 2', b'"size": 3')
        sums = (self.folder / "SHA256SUMS").read_text()
        digests = [hashlib.sha256(content).hexdigest() for content in (honest, other)]
        (self.folder / "manifest.json").write_bytes(other)
        (self.folder / "SHA256SUMS").write_text(sums.replace(*digests))
        self.expect(check_books.NOT_IN_ORDER, "manifest.json: it is not of what the checkpoint says")

    def test_a_file_too_many(self):
        write_export(self.folder, payments(2))
        write(self.folder, "tile/entries/001.p/1", b"")
        self.expect(check_books.NOT_IN_ORDER, "does not belong")

    def test_a_wrong_signature(self):
        write_export(self.folder, payments(3))
        stranger = bytes(32)
        self.expect(check_books.NOT_IN_ORDER, "has no signature of", key=key_text(stranger))
        note = (self.folder / "checkpoint").read_text()
        at = note.rindex(" ") + 20
        other = "A" if note[at] != "A" else "B"
        (self.folder / "checkpoint").write_text(note[:at] + other + note[at + 1 :])
        self.expect(check_books.NOT_IN_ORDER, "does not fit the checkpoint")

    def test_a_larger_size_in_the_checkpoint(self):
        write_export(self.folder, payments(3))
        note = (self.folder / "checkpoint").read_text()
        (self.folder / "checkpoint").write_text(note.replace("\n3\n", "\n2\n"))
        self.expect(check_books.NOT_IN_ORDER, "does not fit the checkpoint")

    def test_an_unbalanced_entry(self):
        write_export(self.folder, payments(3) + [leaf(3, "T0003", [payment_entry(500, credited=499)])])
        self.expect(check_books.NOT_IN_ORDER, "record 3: debits exceed credits by KES 0.01")

    def test_an_entry_that_balances_across_currencies_only(self):
        across = entry(posting(0, 100, "1000.mpesa.222222"), posting(1, 100, "2000.kws.park", currency=840))
        write_export(self.folder, [leaf(0, "T0000", [across])])
        self.expect(check_books.NOT_IN_ORDER, "debits exceed credits by KES 1.00")

    def test_a_doubled_receipt(self):
        write_export(self.folder, payments(3) + [leaf(3, "T0001", [payment_entry(101)])])
        self.expect(check_books.NOT_IN_ORDER, "was claimed already, by record 1")

    def test_time_that_runs_backwards(self):
        write_export(self.folder, payments(2) + [leaf(2, time=5)])
        self.expect(check_books.NOT_IN_ORDER, "its time is before")

    def test_more_settled_than_promised(self):
        settles = entry(
            posting(0, 100, "2000.kws.park"),
            posting(1, 100, "1000.mpesa.222222"),
            phase=b"\x02" + struct.pack("<Q", 0),
        )
        write_export(self.folder, payments(2) + [leaf(2, entries=[settles])])
        self.expect(check_books.NOT_IN_ORDER, "more was settled or released than was promised")

    def test_leaves_that_are_none(self):
        honest = payments(1)[0]
        for what, wrong in {
            "version": b"\x02" + honest[1:],
            "cut": honest[:-1],
            "longer": honest + b"\x00",
            "amount": honest.replace(struct.pack("<q", 100), struct.pack("<q", -100)),
            "account": honest.replace(b"1000.mpesa", b"1000.MPESA"),
            "currency": honest.replace(struct.pack("<H", 404), struct.pack("<H", 405)),
            "text": honest.replace(b"mpesa", b"mp\xffsa", 1),
            "nothing": b"",
        }.items():
            with self.subTest(what=what):
                self.assertNotEqual(wrong, honest)
                write_export(self.folder, [wrong])
                self.expect(check_books.NOT_IN_ORDER, "record 0: ")


class TheWitnesses(Sabotage):
    def setUp(self):
        super().setUp()
        write_export(self.folder, payments(4))

    @staticmethod
    def attempt(number, cents=None, kind="attempt", receipt=None, **others):
        receipt = receipt or f"T{number:04}"
        line = {"kind": kind, "id": receipt, "receipt": receipt, "amount_minor": cents or 100 + number}
        return line | {"currency": "KES", "account": "1", "at": "2027-01-15T08:00:00Z"} | others

    def ack(self, number, **others):
        return self.attempt(number, kind="ack", acknowledged=True, **others)

    def load(self, lines):
        return "--load-log", self.log("load.ndjson", lines)

    def sandbox(self, lines):
        return "--sandbox-ledger", self.log("sandbox-ledger.ndjson", lines)

    @staticmethod
    def moved(number, cents=None, **others):
        line = {"kind": "moved", "receipt": f"T{number:04}", "amount_minor": cents or 100 + number}
        return line | {"currency": "KES", "shortcode": "222222"} | others

    @staticmethod
    def sent(number, delivered=True):
        return {"kind": "confirmation_sent", "receipt": f"T{number:04}", "delivered": delivered}

    def test_an_honest_load_log_holds(self):
        lines = [self.attempt(number) for number in range(4)] + [self.ack(number) for number in range(3)]
        lines += [self.attempt(3, kind="unknown"), self.attempt(9), self.attempt(8), self.attempt(8, kind="not_sent")]
        self.expect(check_books.HOLDS, "5 attempted, 3 acknowledged, 1 unknown", *self.load(lines))

    def test_a_missing_acknowledged_receipt(self):
        lines = [self.attempt(number) for number in range(5)] + [self.ack(number) for number in range(5)]
        self.expect(check_books.DIFFERS, "T0004 was acknowledged and is not booked", *self.load(lines))

    def test_an_acknowledged_receipt_with_another_amount(self):
        lines = [self.attempt(number) for number in range(3)] + [self.attempt(3, cents=9), self.ack(3, cents=9)]
        says = "T0003 was acknowledged and is booked as KES 1.03 by record 3, not as KES 0.09"
        self.expect(check_books.DIFFERS, says, *self.load(lines))

    def test_an_unanswered_attempt_booked_with_another_amount(self):
        lines = [self.attempt(number) for number in range(3)] + [self.attempt(3, cents=9)]
        self.expect(check_books.DIFFERS, "T0003 was attempted and is booked as KES 1.03", *self.load(lines))

    def test_a_receipt_that_nobody_attempted(self):
        lines = [self.attempt(number) for number in range(3)]
        self.expect(check_books.DIFFERS, "T0003 is booked (KES 1.03 by record 3), and nobody attempted it", *self.load(lines))
        lines += [self.attempt(3), self.attempt(3, kind="not_sent")]
        self.expect(check_books.DIFFERS, "T0003 is booked", *self.load(lines))

    def test_a_receipt_booked_twice_under_two_short_codes(self):
        other = payments(4)
        elsewhere = leaf(4, "T0001", [payment_entry(101)]).replace(b"mpesa 222222 T", b"mpesa 333333 T")
        other.append(elsewhere.replace(b"1000.mpesa.222222", b"1000.mpesa.333333"))
        write_export(self.work / "twice", other)
        self.folder = self.work / "twice"
        lines = [self.attempt(number) for number in range(4)] + [self.ack(1)]
        self.expect(check_books.DIFFERS, "T0001 was acknowledged and is booked 2 times, by records 1, 4", *self.load(lines))

    def test_money_that_comes_home_from_another_account_is_a_receipt_and_no_revenue(self):
        home = entry(posting(0, 700, "1000.mpesa.222222"), posting(1, 700, "1050.bank.kcb-1100220033"))
        write_export(self.work / "home", [*payments(4), leaf(4, "SWEPT", [home])])
        self.folder = self.work / "home"
        moved = [self.moved(number) for number in range(4)]
        swept = self.moved(0) | {"receipt": "SWEPT", "amount_minor": 700}
        self.expect(check_books.HOLDS, "Sandbox: 5 moved", *self.sandbox([*moved, swept]))
        self.expect(check_books.DIFFERS, "SWEPT is booked", *self.sandbox(moved))

    def test_an_acknowledgement_out_of_nowhere(self):
        lines = [self.attempt(number) for number in range(4)] + [self.ack(7)]
        self.expect(check_books.DIFFERS, "T0007 was acknowledged, but the load log has no attempt", *self.load(lines))

    def test_a_refused_payment_need_not_be_booked(self):
        lines = [self.attempt(number) for number in range(5)] + [self.ack(4) | {"acknowledged": False}]
        self.expect(check_books.HOLDS, "0 acknowledged", *self.load(lines))

    def test_a_line_that_was_never_finished_counts_for_nothing(self):
        option, path = self.load([self.attempt(number) for number in range(4)])
        with open(path, "a") as log:
            log.write('{"kind":"ack","id":"T0009"')
        self.expect(check_books.HOLDS, "4 attempted, 0 acknowledged", option, path)
        with open(path, "a") as log:
            log.write("\n")
        self.expect(check_books.NOT_IN_ORDER, "line 5", option, path)

    def test_the_sandbox_agrees_but_for_what_was_never_delivered(self):
        lines = [self.moved(number) for number in range(6)] + [self.sent(number) for number in range(4)]
        lines += [self.sent(4, delivered=False), {"kind": "confirmation_lost_on_purpose", "receipt": "T0005"}]
        self.expect(check_books.HOLDS, "Moved and never delivered, so not booked: 2", *self.sandbox(lines))
        self.assertIn("T0005 KES 1.05", self.output)
        self.assertIn("together KES 2.09", self.output)

    def test_a_delivered_payment_that_is_not_booked(self):
        lines = [self.moved(number) for number in range(5)] + [self.sent(4)]
        self.expect(check_books.DIFFERS, "T0004 moved KES 1.04 and is not booked", *self.sandbox(lines))
        prompted = [self.moved(number) for number in range(4)] + [self.moved(4, checkout_request_id="ws_CO_1")]
        answer = {"kind": "stk_callback_sent", "checkout_request_id": "ws_CO_1", "delivered": True}
        self.expect(check_books.DIFFERS, "T0004 moved", *self.sandbox([*prompted, answer | {"result_code": 0}]))
        self.expect(check_books.HOLDS, "not booked: 1", *self.sandbox([*prompted, answer | {"delivered": False}]))

    def test_the_records_of_a_bank_of_airtel_and_of_an_acquirer_are_read(self):
        others = [
            {"kind": "deposited", "reference": "T0001", "amount_minor": 101, "typed": "1"},
            {"kind": "told", "reference": "T0001", "copy": 1, "http_status": 200},
            {"kind": "moved", "id": "a", "airtel_money_id": "T0002", "amount_minor": 102},
            {"kind": "callback_sent", "id": "a", "http_status": 200},
            {"kind": "session_ended", "session": {"reference": "b", "amount": 103, "currency": "KES", "state": {"paid": "T0003"}}},
            {"kind": "session_ended", "session": {"reference": "c", "amount": 9, "currency": "KES", "state": "declined"}},
        ]
        self.expect(check_books.HOLDS, "Sandbox: 4 moved", *self.sandbox([self.moved(0), *others]))
        for place, name in ((0, "T0001"), (2, "T0002")):
            lost = [line | {"amount_minor": 9} if at == place else line for at, line in enumerate(others)]
            self.expect(check_books.DIFFERS, f"{name} moved KES 0.09", *self.sandbox([self.moved(0), *lost]))

    def test_the_record_of_card_terminals_is_read(self):
        # The books have T0000 to T0003. A sale is known by its terminal, batch and RRN.
        sold = {"kind": "sold", "terminal": "K1", "batch": 7, "rrn": "R1", "amount_minor": 101, "typed": "1"}
        slip = [
            {"kind": "deposited", "reference": "FT1", "amount_minor": 100, "typed": "1"},
            {"kind": "slip_mistyped", "reference": "FT1", "as_typed": "T0000"},
        ]
        rest = [self.moved(number) for number in (1, 2, 3)]
        self.expect(check_books.HOLDS, "typed wrongly, and booked: 1", *self.sandbox([sold, *slip, *rest]))
        self.assertIn("K1-7-R1 KES 1.01", self.output)
        voided = {"kind": "voided", "rrn": "R1"}
        self.expect(check_books.HOLDS, "Sandbox: 4 moved", *self.sandbox([sold, voided, *slip, *rest]))
        self.assertNotIn("K1-7-R1", self.output)
        wrong = [slip[0] | {"amount_minor": 9}, slip[1]]
        self.expect(check_books.DIFFERS, "T0000 was typed for KES 0.09", *self.sandbox([*wrong, *rest]))
        mistyped = {"kind": "rrn_mistyped", "rrn": "R1", "as_typed": "R2"}
        nobodys = self.sandbox([sold, mistyped, *rest])
        self.expect(check_books.DIFFERS, "T0000 is booked", *nobodys)

    def test_a_payment_that_moved_with_another_amount_or_never(self):
        lines = [self.moved(number) for number in range(3)] + [self.moved(3, cents=1)]
        self.expect(check_books.DIFFERS, "T0003 moved KES 0.01 and is booked as KES 1.03", *self.sandbox(lines))
        self.expect(check_books.DIFFERS, "T0003 is booked", *self.sandbox(lines[:3]))

    def test_both_witnesses_where_the_sandbox_gives_the_receipts(self):
        attempts = [self.attempt(number) | {"receipt": None, "id": str(number)} for number in range(4)]
        acks = [self.ack(number) | {"receipt": None, "id": str(number)} for number in range(4)]
        moved = [self.moved(number) for number in range(4)]
        self.expect(check_books.HOLDS, "4 were acknowledged without their receipt", *self.load(attempts + acks), *self.sandbox(moved))
        self.expect(check_books.HOLDS, "cannot be told", *self.load(attempts + acks))

    def test_books_that_are_wrong_are_worse_than_books_that_differ(self):
        (self.folder / "tile/0/000.p/4").unlink()
        lines = [self.attempt(number) for number in range(5)] + [self.ack(4)]
        self.expect(check_books.NOT_IN_ORDER, "T0004 was acknowledged and is not booked", *self.load(lines))


class TheFormat(unittest.TestCase):
    def test_the_fixture_of_the_ledger_is_read_and_has_its_root(self):
        segment = FIXTURE.read_bytes()
        leaves, at = [], 4096
        while segment[at : at + 4] == b"MPB1":
            frame_len, count = struct.unpack_from("<II", segment, at + 8)
            record = at + 88
            for _ in range(count):
                leaf_len, sealed_len = struct.unpack_from("<II", segment, record)
                leaves.append(segment[record + 8 : record + 8 + leaf_len])
                record += 8 + leaf_len + sealed_len
            at += frame_len
        wrong = check_books.Findings()
        books = check_books.Books(wrong)
        tree = check_books.Tree(lambda *_tile: None)
        tree.append([hashlib.sha256(b"\x00" + one).digest() for one in leaves])
        self.assertEqual(tree.root().hex(), FIXTURE_ROOT)
        for sequence, one in enumerate(leaves):
            books.take(sequence, one)
        books.end()
        self.assertEqual(wrong.shown, [])
        self.assertEqual((books.record_count, books.entry_count), (4, 5))
        self.assertEqual(books.receipts, {"TKL3A7Q9ZD": [(105_000, "KES", 0)]})

    def test_ed25519_verifies_the_vectors_of_rfc_8032_and_nothing_near_them(self):
        # Section 7.1, tests 2 and 3.
        for public, message, signature in [
            (
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ]:
            public, message, signature = map(bytes.fromhex, (public, message, signature))
            self.assertTrue(check_books.ed25519_verifies(public, message, signature))
            self.assertFalse(check_books.ed25519_verifies(public, message + b"\x00", signature))
            for at in (0, 31, 32, 63):
                altered = bytearray(signature)
                altered[at] ^= 1
                self.assertFalse(check_books.ed25519_verifies(public, message, bytes(altered)))
            # The same response with the order added is another encoding of it, and is refused.
            response = int.from_bytes(signature[32:], "little") + check_books.ORDER
            malleable = signature[:32] + response.to_bytes(32, "little")
            self.assertFalse(check_books.ed25519_verifies(public, message, malleable))

    def test_tiles_are_numbered_in_groups_of_three(self):
        self.assertEqual(check_books.tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067")
        self.assertEqual(check_books.tile_path("entries", 273, 112), "tile/entries/273.p/112")

    def test_the_root_of_tiles_is_the_root_by_definition(self):
        for size in (1, 255, 256, 257, 511, 512, 1000, 65_536, 65_793):
            leaves = [number.to_bytes(4, "big") for number in range(size)]
            tree = check_books.Tree(lambda *_tile: None)
            for first in range(0, size, 256):
                tree.append([hashlib.sha256(b"\x00" + one).digest() for one in leaves[first : first + 256]])
            self.assertEqual(tree.root(), root_by_definition(leaves), size)


if __name__ == "__main__":
    unittest.main()
