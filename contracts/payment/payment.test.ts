/** The payment contract in the real machine, together with the invoice contract it pays. */
import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import fc from "fast-check";
import { decimal, documentOf, type JsonDocument, withTotals } from "../../test/unit/contracts/invoice-document.ts";
import { Trace } from "../../vm/execute/trace.ts";
import { traceText } from "../../vm/execute/trace-text.ts";
import { builtContract } from "../testing/built-contract.ts";
import type { Called } from "../testing/called.ts";
import { createTestChain } from "../testing/test-chain.ts";

const chain = createTestChain();
assert.equal(chain.deploy(builtContract("invoice"), { init: { mode: 0, paymentContract: "payment" } }).error, null);
const init = { currency: "EUR", issuer: chain.address("bank"), invoiceContract: "" };
assert.equal(chain.deploy(builtContract("payment"), { init }).error, null);

const U64_MAX = 2n ** 64n - 1n;
const call = (sender: string, method: string, ...args: unknown[]): Called =>
  chain.call("payment", method, args, { sender });
const reasonOf = ({ error }: Called): string | undefined => error?.name;
const balance = (id: string): bigint => BigInt(chain.view("payment", "balance", [id]).result as number | string);
const minted = (): bigint => BigInt(chain.view("payment", "minted", []).result as number | string);

for (const [owner, id] of [
  ["buyer", "buyer-1"],
  ["seller", "seller-1"],
  ["seller", "seller-2"],
  ["other", "other-1"],
] as const) {
  assert.equal(call(owner, "openAccount", id).error, null);
}
assert.equal(call("bank", "mint", "buyer-1", 50_000).error, null);
const fresh = chain.snapshot();
beforeEach(() => chain.restore(fresh));
after(() => process.stdout.write(`${chain.gas}\n`));

function issue(changes: Partial<JsonDocument> = {}): void {
  const { error } = chain.call("invoice", "issue", { document: documentOf("100.00", changes) }, { sender: "seller" });
  assert.equal(error, null, error?.message);
}

const invoicePaid = (number = "R-1"): unknown =>
  (chain.view("invoice", "get", ["DE123", number]).result as { paid: unknown }).paid;
const pay = (from: string, to: string, sender = "buyer", number = "R-1"): Called =>
  call(sender, "payInvoice", from, to, "DE123", number);

test("an account is opened once and belongs to who opened it", () => {
  assert.deepEqual(chain.view("payment", "account", ["buyer-1"]).result, {
    owner: chain.address("buyer"),
    balance: 50_000,
  });
  assert.equal(reasonOf(call("other", "openAccount", "buyer-1")), "account.exists");
  assert.equal(reasonOf(call("other", "openAccount", "")), "account.invalid");
  assert.equal(reasonOf(call("other", "openAccount", "x".repeat(65))), "account.invalid");
  assert.equal(chain.view("payment", "account", ["nobody"]).result, null);
  assert.equal(reasonOf(chain.view("payment", "balance", ["nobody"])), "account.unknown");
});

test("only the issuer mints, and the total is what was minted", () => {
  assert.equal(reasonOf(call("buyer", "mint", "buyer-1", 1)), "issuer.only");
  assert.equal(reasonOf(call("bank", "mint", "nobody", 1)), "account.unknown");
  assert.equal(reasonOf(call("bank", "mint", "buyer-1", 0)), "amount.zero");
  const { events } = call("bank", "mint", "seller-1", 7);
  assert.deepEqual(events[0]?.fields, { to: "seller-1", amount: 7, total: 50_007 });
  assert.equal(minted(), 50_007n);
});

test("minting beyond 64 bits is an overflow, of a balance and of the total", () => {
  assert.equal(reasonOf(call("bank", "mint", "buyer-1", String(U64_MAX))), "arithmetic.overflow");
  assert.equal(reasonOf(call("bank", "mint", "seller-1", String(U64_MAX - 49_999n))), "arithmetic.overflow");
  assert.equal(call("bank", "mint", "seller-1", String(U64_MAX - 50_000n)).error, null);
  assert.equal(minted(), U64_MAX);
});

test("a transfer moves money between accounts, by their owner", () => {
  const { error, events } = call("buyer", "transfer", "buyer-1", "seller-1", 20_000, "rent");
  assert.equal(error, null);
  assert.deepEqual(events[0]?.fields, { from: "buyer-1", to: "seller-1", amount: 20_000, reference: "rent" });
  assert.deepEqual([balance("buyer-1"), balance("seller-1")], [30_000n, 20_000n]);
  assert.equal(reasonOf(call("other", "transfer", "buyer-1", "other-1", 1, "")), "account.notOwner");
  assert.equal(reasonOf(call("buyer", "transfer", "buyer-1", "seller-1", 30_001, "")), "balance.insufficient");
  assert.equal(reasonOf(call("buyer", "transfer", "buyer-1", "seller-1", 0, "")), "amount.zero");
  assert.equal(reasonOf(call("buyer", "transfer", "buyer-1", "buyer-1", 1, "")), "account.same");
  assert.equal(reasonOf(call("buyer", "transfer", "buyer-1", "nobody", 1, "")), "account.unknown");
  assert.equal(reasonOf(call("buyer", "transfer", "nobody", "buyer-1", 1, "")), "account.unknown");
  assert.equal(reasonOf(call("buyer", "transfer", "buyer-1", "seller-1", 1, "x".repeat(141))), "text.tooLong");
});

test("whatever is done, the sum of the balances is what was minted", () => {
  const accounts = ["buyer-1", "seller-1", "seller-2", "other-1"] as const;
  const ownerOf: Readonly<Record<string, string>> = {
    "buyer-1": "buyer",
    "seller-1": "seller",
    "seller-2": "seller",
    "other-1": "other",
  };
  const account = fc.constantFrom(...accounts);
  const amount = fc.oneof(fc.bigInt({ min: 0n, max: 60_000n }), fc.constantFrom(U64_MAX, 2n ** 63n));
  const step = fc.record({ kind: fc.constantFrom("mint", "transfer"), from: account, to: account, amount });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      chain.restore(fresh);
      const model = new Map<string, bigint>(accounts.map((id) => [id, balance(id)]));
      let total = minted();
      for (const { kind, from, to, amount: value } of steps) {
        if (kind === "mint") {
          const isFine = value > 0n && total + value <= U64_MAX;
          assert.equal(call("bank", "mint", to, String(value)).error === null, isFine);
          if (isFine) {
            model.set(to, model.get(to)! + value);
            total += value;
          }
          continue;
        }
        const isFine = from !== to && value > 0n && model.get(from)! >= value;
        assert.equal(call(ownerOf[from]!, "transfer", from, to, String(value), "").error === null, isFine);
        if (!isFine) continue;
        model.set(from, model.get(from)! - value);
        model.set(to, model.get(to)! + value);
      }
      for (const id of accounts) assert.equal(balance(id), model.get(id));
      assert.equal(minted(), total);
      assert.equal(
        [...model.values()].reduce((a, b) => a + b),
        total,
      );
    }),
    { numRuns: 25 },
  );
});

test("paying an invoice moves the amount due and marks the invoice paid in one call", () => {
  issue();
  const { error, result, events } = pay("buyer-1", "seller-1");
  assert.equal(error, null);
  assert.equal(result, 12_000);
  assert.deepEqual([balance("buyer-1"), balance("seller-1")], [38_000n, 12_000n]);
  assert.equal(invoicePaid(), 12_000);
  assert.deepEqual(
    events.map(({ contract, name }) => `${contract}.${name}`),
    ["invoice.InvoicePaid", "payment.PaidInvoice"],
  );
  assert.deepEqual(events[0]?.fields, {
    seller: "DE123",
    number: "R-1",
    amount: { coefficient: 12_000, scale: 2 },
    currency: "EUR",
    payee: chain.address("seller"),
    reference: "buyer-1 to seller-1",
  });
  assert.equal((chain.view("invoice", "due", ["DE123", "R-1"]).result as { amount: number }).amount, 0);
});

test("a trace of a payment shows what was read and written, and changes nothing", () => {
  issue();
  const before = chain.snapshot();
  const plain = pay("buyer-1", "seller-1");
  chain.restore(before);
  const trace = new Trace();
  const args = ["buyer-1", "seller-1", "DE123", "R-1"];
  const traced = chain.call("payment", "payInvoice", args, { sender: "buyer", trace });
  assert.deepEqual(traced, plain);
  const text = traceText(trace);
  assert.match(text, /^payment\.payInvoice: ok 0x[0-9a-f]{16}, gas \d+ of 1000000000$/m);
  assert.match(text, /^ {2}call\(contract: "invoice", method: "due", args: .*, gas left \d+$/m);
  assert.match(text, /^ {4}invoice\.due: ok .*, gas \d+ of \d+$/m);
  assert.match(text, /^ {6}storage_get\(key: .*\) -> \d+ .*, gas left \d+$/m);
  assert.match(text, /^ {2}storage_put\(key: .*, value: .*\), gas left \d+$/m);
});

test("an invoice is paid once, and what is due is the payable less its credits", () => {
  issue(withTotals(documentOf("100.00"), { prepaid: decimal("20"), payable: decimal("100") }));
  issue(documentOf("25.00", { number: "C-1", typeCode: 381, preceding: "R-1" }));
  assert.equal(pay("buyer-1", "seller-1").result, 7_000);
  assert.equal(reasonOf(pay("buyer-1", "seller-1")), "invoice.nothingDue");
  assert.equal(balance("buyer-1"), 43_000n);
});

test("a payment that fails moves nothing and marks nothing", () => {
  issue();
  issue({ number: "USD-1", currency: "USD" });
  issue({ number: "C-1", typeCode: 381 });
  issue(documentOf("1000.00", { number: "BIG" }));
  const refusals: readonly [Called, string][] = [
    [pay("buyer-1", "other-1"), "invoice.payeeNotIssuer"],
    [pay("buyer-1", "nobody"), "account.unknown"],
    [pay("nobody", "seller-1"), "account.unknown"],
    [pay("buyer-1", "seller-1", "other"), "account.notOwner"],
    [pay("seller-1", "seller-1", "seller"), "account.same"],
    [pay("other-1", "seller-1", "other"), "balance.insufficient"],
    [pay("buyer-1", "seller-1", "buyer", "BIG"), "balance.insufficient"],
    [pay("buyer-1", "seller-1", "buyer", "USD-1"), "invoice.currencyMismatch"],
    [pay("buyer-1", "seller-1", "buyer", "C-1"), "invoice.nothingDue"],
    [pay("buyer-1", "seller-1", "buyer", "R-9"), "invoice.unknown"],
  ];
  for (const [called, want] of refusals) {
    assert.equal(reasonOf(called), want, called.error?.message);
    assert.deepEqual(called.events, []);
  }
  assert.equal(refusals.at(-1)![0].outcome, "calleeFailed");
  assert.deepEqual([balance("buyer-1"), balance("seller-1")], [50_000n, 0n]);
  assert.equal(invoicePaid(), 0);
});

test("money that was moved comes back when the invoice contract refuses the mark", () => {
  const wrong = chain.deploy(builtContract("invoice"), {
    name: "invoice-2",
    init: { mode: 0, paymentContract: "someone" },
  });
  assert.equal(wrong.error, null);
  const ledger = { currency: "EUR", issuer: chain.address("bank"), invoiceContract: "invoice-2" };
  assert.equal(chain.deploy(builtContract("payment"), { name: "payment-2", init: ledger }).error, null);
  const at = (sender: string, method: string, ...args: unknown[]) => chain.call("payment-2", method, args, { sender });
  at("buyer", "openAccount", "b");
  at("seller", "openAccount", "s");
  at("bank", "mint", "b", 50_000);
  chain.call("invoice-2", "issue", { document: documentOf("100.00") }, { sender: "seller" });
  const { outcome, error } = at("buyer", "payInvoice", "b", "s", "DE123", "R-1");
  assert.equal(outcome, "calleeFailed");
  assert.equal(error?.name, "payment.notPaymentContract");
  assert.deepEqual(chain.view("payment-2", "balance", ["b"]).result, 50_000);
  assert.deepEqual(chain.view("payment-2", "balance", ["s"]).result, 0);
});

test("a reversed invoice is not paid, a paid one not reversed", () => {
  issue();
  const reverse = (sender: string) =>
    chain.call("invoice", "reverse", ["DE123", "R-1", "RED-1", 20260110, "error"], { sender });
  const issued = chain.snapshot();
  assert.equal(pay("buyer-1", "seller-1").error, null);
  assert.equal(reasonOf(reverse("seller")), "invoice.paid");
  chain.restore(issued);
  assert.equal(reverse("seller").error, null);
  assert.equal(reasonOf(pay("buyer-1", "seller-1")), "invoice.nothingDue");
});

test("without an issuer address the deployer mints; the currency must be known", () => {
  const name = "payment-3";
  const init3 = { currency: "JPY", issuer: null, invoiceContract: "" };
  assert.equal(chain.deploy(builtContract("payment"), { name, init: init3 }).error, null);
  const ledger = chain.storage(name, "ledger") as { issuer: string };
  assert.equal(ledger.issuer, chain.address("admin"));
  const bad = chain.deploy(builtContract("payment"), { name: "payment-4", init: ["ABC", null, ""] });
  assert.notEqual(bad.error, null);
});
