/** The trade contract in the real machine: a bill of lading from issue to the end. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import fc from "fast-check";
import { builtContract } from "../testing/built-contract.ts";
import type { Called } from "../testing/called.ts";
import { createTestChain } from "../testing/test-chain.ts";

const chain = createTestChain();
assert.equal(chain.deploy(builtContract("trade")).error, null);
const fresh = chain.snapshot();
beforeEach(() => chain.restore(fresh));
after(() => process.stdout.write(`${chain.gas}\n`));

const DOCUMENT = "dd".repeat(32);
const STRAIGHT = 0;
const TO_ORDER = 1;
const BEARER = 2;

const call = (sender: string, method: string, ...args: unknown[]): Called =>
  chain.call("trade", method, args, { sender });
const reasonOf = ({ error }: Called): string | undefined => error?.name;
const possessor = (reference = "BL-1") => chain.view("trade", "possessor", [reference]).result;
const status = (reference = "BL-1") => chain.view("trade", "status", [reference]).result;
const bill = (reference = "BL-1") => chain.view("trade", "get", [reference]).result as Record<string, unknown>;

function issue(kind = TO_ORDER, consignee: string | null = null, reference = "BL-1"): Called {
  const named = consignee === null ? null : chain.address(consignee);
  return call("carrier", "issue", reference, kind, chain.address("shipper"), named, DOCUMENT);
}

const transfer = (from: string, to: string) => call(from, "transfer", "BL-1", chain.address(to));

test("a new bill is in the shipper's possession", () => {
  const { error, events } = issue();
  assert.equal(error, null);
  assert.equal(events[0]?.name, "BillIssued");
  assert.deepEqual(bill(), {
    reference: "BL-1",
    kind: TO_ORDER,
    status: 1,
    carrier: chain.address("carrier"),
    shipper: chain.address("shipper"),
    consignee: null,
    possessor: chain.address("shipper"),
    requester: null,
    documentHash: DOCUMENT,
    sequence: 1,
  });
  assert.equal(status(), 1);
  assert.equal(status("BL-2"), 0);
  assert.equal(bill("BL-2"), null);
  assert.equal(reasonOf(chain.view("trade", "possessor", ["BL-2"])), "bill.unknown");
});

test("a bill is refused for its reference, kind, parties and document", () => {
  const zero = "00".repeat(32);
  const shipper = chain.address("shipper");
  const cases: readonly [readonly unknown[], string][] = [
    [["", TO_ORDER, shipper, null, DOCUMENT], "reference.invalid"],
    [["x".repeat(21), TO_ORDER, shipper, null, DOCUMENT], "reference.invalid"],
    [["BL-1", 3, shipper, null, DOCUMENT], "kind.unknown"],
    [["BL-1", STRAIGHT, shipper, null, DOCUMENT], "consignee.missing"],
    [["BL-1", TO_ORDER, zero, null, DOCUMENT], "address.zero"],
    [["BL-1", TO_ORDER, shipper, null, zero], "documentHash.zero"],
    [["BL-1", TO_ORDER, chain.address("carrier"), null, DOCUMENT], "transfer.toCarrier"],
  ];
  for (const [args, want] of cases) assert.equal(reasonOf(call("carrier", "issue", ...args)), want, want);
  assert.equal(issue().error, null);
  assert.equal(reasonOf(issue()), "bill.exists");
});

test("possession passes from possessor to possessor and to nobody else", () => {
  issue();
  const { events } = transfer("shipper", "bank");
  const [from, to] = [chain.address("shipper"), chain.address("bank")];
  assert.deepEqual(events[0]?.fields, { reference: "BL-1", from, to, sequence: 2 });
  assert.equal(possessor(), to);
  assert.equal(reasonOf(transfer("shipper", "buyer")), "possessor.only");
  assert.equal(reasonOf(transfer("bank", "bank")), "transfer.toSelf");
  assert.equal(reasonOf(transfer("bank", "carrier")), "transfer.toCarrier");
  assert.equal(reasonOf(call("bank", "transfer", "BL-1", "00".repeat(32))), "address.zero");
  assert.equal(reasonOf(call("bank", "transfer", "BL-9", to)), "bill.unknown");
  assert.equal(transfer("bank", "buyer").error, null);
  assert.equal(possessor(), chain.address("buyer"));
});

test("a straight bill goes to its consignee only; a bearer bill to anyone", () => {
  issue(STRAIGHT, "buyer");
  assert.equal(reasonOf(transfer("shipper", "bank")), "transfer.notConsignee");
  assert.equal(transfer("shipper", "buyer").error, null);
  assert.equal(reasonOf(transfer("buyer", "bank")), "transfer.notConsignee");
  chain.restore(fresh);
  issue(BEARER, "buyer");
  assert.equal(bill().consignee, null);
  assert.equal(transfer("shipper", "bank").error, null);
});

test("a surrender gives the bill to the carrier, and its acceptance ends it", () => {
  issue();
  transfer("shipper", "buyer");
  assert.equal(reasonOf(call("shipper", "surrender", "BL-1")), "possessor.only");
  assert.equal(reasonOf(call("carrier", "acceptSurrender", "BL-1")), "bill.notPending");
  const asked = call("buyer", "surrender", "BL-1");
  assert.deepEqual(asked.events[0]?.fields, { reference: "BL-1", requester: chain.address("buyer"), sequence: 3 });
  assert.equal(status(), 2);
  assert.equal(possessor(), chain.address("carrier"));
  assert.equal(reasonOf(transfer("buyer", "bank")), "bill.notIssued");
  assert.equal(reasonOf(transfer("carrier", "bank")), "bill.notIssued");
  assert.equal(reasonOf(call("buyer", "surrender", "BL-1")), "bill.notIssued");
  assert.equal(reasonOf(call("buyer", "acceptSurrender", "BL-1")), "carrier.only");
  assert.equal(call("carrier", "acceptSurrender", "BL-1").events[0]?.fields.accepted, true);
  assert.equal(status(), 3);
  assert.equal(possessor(), null);
  for (const method of ["surrender", "acceptSurrender", "rejectSurrender"]) {
    assert.notEqual(call("carrier", method, "BL-1").error, null, method);
  }
});

test("a refused surrender gives the bill back to who asked", () => {
  issue();
  call("shipper", "surrender", "BL-1");
  assert.equal(reasonOf(call("shipper", "rejectSurrender", "BL-1")), "carrier.only");
  assert.equal(call("carrier", "rejectSurrender", "BL-1").error, null);
  assert.equal(status(), 1);
  assert.equal(possessor(), chain.address("shipper"));
  assert.equal(bill().requester, null);
  assert.equal(transfer("shipper", "buyer").error, null);
});

test("whatever is tried, there is one possessor until the end, and only the acts of the right party count", () => {
  const parties = ["carrier", "shipper", "bank", "buyer"] as const;
  const party = fc.constantFrom(...parties);
  const method = fc.constantFrom("transfer", "transfer", "surrender", "acceptSurrender", "rejectSurrender");
  const step = fc.record({ method, by: party, to: party });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      chain.restore(fresh);
      issue();
      let holder: string | null = "shipper";
      let requester: string | null = null;
      for (const { method: name, by, to } of steps) {
        const isCirculating: boolean = holder !== null && requester === null;
        let isFine: boolean;
        if (name === "transfer") {
          isFine = isCirculating && by === holder && to !== by && to !== "carrier";
          assert.equal(transfer(by, to).error === null, isFine);
          if (isFine) holder = to;
        } else {
          isFine = name === "surrender" ? isCirculating && by === holder : requester !== null && by === "carrier";
          assert.equal(call(by, name, "BL-1").error === null, isFine, `${name} by ${by}`);
          if (!isFine) continue;
          if (name === "surrender") [holder, requester] = ["carrier", by];
          else [holder, requester] = [name === "acceptSurrender" ? null : requester, null];
        }
        assert.equal(possessor(), holder === null ? null : chain.address(holder));
      }
    }),
    { numRuns: 40 },
  );
});
