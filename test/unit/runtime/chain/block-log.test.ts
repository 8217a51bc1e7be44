import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { type BlockLog, type BlockLogOptions, openBlockLog } from "../../../../runtime/chain/block-log.ts";
import { diskLogFiles, type LogFiles } from "../../../../runtime/chain/log-files.ts";
import { encodeRecord, PAGE_BYTES, recordBytes } from "../../../../runtime/chain/log-record.ts";
import { NodeError } from "../../../../vm/errors.ts";
import { SimulatedLogFiles, systemError } from "./simulated-log-files.ts";

const SALT = new Uint8Array(16).fill(0x5a);
const SEGMENT_BYTES = 16 * PAGE_BYTES;
const FIRST = "segment-00000001";
const SECOND = "segment-00000002";

const folder = mkdtempSync(join(tmpdir(), "cinnabar-log-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function open(files: LogFiles, options: Partial<BlockLogOptions> = {}): Promise<BlockLog> {
  return openBlockLog({ files, salt: SALT, segmentBytes: SEGMENT_BYTES, ...options });
}

/** Payload of a height: different lengths, no two alike, some of more than a page. */
function payloadOf(height: number): Uint8Array {
  const payload = new Uint8Array(10 + ((height * 2971) % 9000)).map((_, index) => index * 7 + height);
  new DataView(payload.buffer).setUint32(0, height, true);
  return payload;
}

async function appendAll(log: BlockLog, from: number, to: number): Promise<void> {
  for (let height = from; height < to; height += 1) await log.append(height, payloadOf(height));
}

async function logOf(count: number): Promise<SimulatedLogFiles> {
  const files = new SimulatedLogFiles();
  await appendAll(await open(files), 0, count);
  return files;
}

function payloadsIn(log: BlockLog): Uint8Array[] {
  return log.found.map(({ height, position }) => log.read(position, height));
}

test("what was appended is there after opening again, over several segments", async () => {
  const files = await logOf(40);
  assert.ok(files.list().length > 2);
  const log = await open(files);
  assert.deepEqual(
    payloadsIn(log),
    Array.from({ length: 40 }, (_, height) => payloadOf(height)),
  );
  assert.equal(log.head?.height, 39);
  await appendAll(log, 40, 60);
  assert.equal((await open(files)).head?.height, 59);
});

test("real files behave as the simulated ones", async () => {
  const files = diskLogFiles(join(folder, "real"));
  const log = await open(files);
  await appendAll(log, 0, 40);
  await log.close();
  const again = await open(files);
  assert.deepEqual(payloadsIn(again)[39], payloadOf(39));
  await again.close();
});

test("a record larger than a segment gets one of its own", async () => {
  const files = new SimulatedLogFiles();
  const log = await open(files);
  const large = new Uint8Array(5 * SEGMENT_BYTES).fill(9);
  await log.append(0, Uint8Array.of(1));
  await log.append(1, large);
  await log.append(2, Uint8Array.of(3));
  const again = await open(files);
  assert.deepEqual(payloadsIn(again), [Uint8Array.of(1), large, Uint8Array.of(3)]);
});

test("a prepared segment that is too small for the record is replaced", async () => {
  const files = new SimulatedLogFiles();
  const log = await open(files);
  await log.append(0, new Uint8Array(10 * PAGE_BYTES));
  const large = new Uint8Array(2 * SEGMENT_BYTES).fill(1);
  await log.append(1, large);
  assert.deepEqual(payloadsIn(await open(files))[1], large);
});

test("reading begins at the checkpoint's record when one is given", async () => {
  const files = await logOf(30);
  const { position } = (await open(files)).found[20]!;
  const log = await open(files, { from: { position, height: 20 } });
  assert.deepEqual(
    log.found.map(({ height }) => height),
    [20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
  );
});

test("a log that ends before the checkpoint is corrupt", async () => {
  const files = await logOf(5);
  const { position } = (await open(files)).found[4]!;
  files.setDisk(FIRST, files.disk(FIRST).fill(0, position.offset));
  await assert.rejects(open(files, { from: { position, height: 4 } }), { code: "log.corrupt" });
  await assert.rejects(open(new SimulatedLogFiles(), { from: { position, height: 4 } }), { code: "log.corrupt" });
});

test("heights are appended in order only", async () => {
  const log = await open(new SimulatedLogFiles());
  await log.append(0, Uint8Array.of(1));
  await assert.rejects(log.append(2, Uint8Array.of(1)), { code: "log.order" });
  await assert.rejects(log.append(0, Uint8Array.of(1)), { code: "log.order" });
  await log.append(1, Uint8Array.of(2));
});

test("a torn last record is cut off, and what it left is zeroed", async () => {
  const files = await logOf(3);
  const { position } = (await open(files)).found[2]!;
  const disk = files.disk(FIRST).slice();
  // The first page of the record did not reach the disk, the second did.
  disk.fill(0, position.offset, position.offset + PAGE_BYTES);
  disk.fill(7, position.offset + PAGE_BYTES, position.offset + 2 * PAGE_BYTES);
  files.setDisk(FIRST, disk);
  const log = await open(files);
  assert.equal(log.head?.height, 1);
  assert.ok(
    files
      .disk(FIRST)
      .subarray(position.offset)
      .every((byte) => byte === 0),
  );
  await appendAll(log, 2, 5);
  assert.equal((await open(files)).head?.height, 4);
});

test("a damaged record with a whole one behind it stops the opening, with file and offset", async () => {
  const files = await logOf(6);
  const { position } = (await open(files)).found[2]!;
  files.disk(FIRST)[position.offset + 40]! ^= 1;
  files.setDisk(FIRST, files.disk(FIRST));
  await assert.rejects(open(files), (error: unknown) => {
    assert.ok(error instanceof NodeError);
    assert.equal(error.code, "log.corrupt");
    assert.match(error.message, new RegExp(`${FIRST} at byte ${position.offset}`));
    return true;
  });
});

test("a record gone in the middle, at the end of a segment or with its segment stops the opening", async () => {
  const files = await logOf(40);
  const found = (await open(files)).found;
  const lastOfFirst = found.findLast(({ position }) => position.segment === 1)!.position;
  for (const at of [found[1]!.position, lastOfFirst]) {
    const damaged = files.afterPowerLoss(() => true);
    const end = at.offset + recordBytes(payloadOf(found.findIndex(({ position }) => position === at)).length);
    damaged.setDisk(FIRST, damaged.disk(FIRST).fill(0, at.offset, end));
    await assert.rejects(open(damaged), { code: "log.corrupt" });
  }
  const without = files.afterPowerLoss(() => true);
  await without.remove(SECOND);
  await assert.rejects(open(without), { code: "log.corrupt" });
});

test("a whole record in the wrong place does not count", async () => {
  const files = await logOf(4);
  const found = (await open(files)).found;
  const disk = files.disk(FIRST);
  const [first, last] = [found[0]!.position.offset, found[3]!.position.offset];
  disk.copyWithin(last, first, first + PAGE_BYTES);
  disk.fill(0, last + PAGE_BYTES);
  files.setDisk(FIRST, disk);
  assert.equal((await open(files)).head?.height, 2);
});

test("a payload cannot pass for a record, though its sender knows the format", async () => {
  const files = new SimulatedLogFiles();
  const log = await open(files);
  const offset = 2 * PAGE_BYTES;
  const forged = encodeRecord({ salt: new Uint8Array(16), segment: 1, offset }, 1, Uint8Array.of(6, 6, 6));
  const payload = new Uint8Array(2 * PAGE_BYTES);
  payload.set(forged, offset - PAGE_BYTES - 32);
  await log.append(0, payload);
  const disk = files.disk(FIRST);
  assert.deepEqual(disk.slice(offset, offset + forged.length), forged);
  disk[PAGE_BYTES + 33]! ^= 1;
  files.setDisk(FIRST, disk);
  // With the log's own salt it would be "a whole record behind a damaged one"; so it is a torn write.
  assert.equal((await open(files)).head, undefined);
});

test("after a failed write or sync the log refuses everything, and what was acknowledged is there", async () => {
  for (const operation of ["write", "sync"] as const) {
    for (const code of ["ENOSPC", "EIO"]) {
      const files = new SimulatedLogFiles();
      const log = await open(files);
      await appendAll(log, 0, 3);
      files.fault = (kind) => (kind === operation ? systemError(code) : undefined);
      await assert.rejects(log.append(3, payloadOf(3)), { code: "log.writeFailed" });
      files.fault = () => undefined;
      await assert.rejects(log.append(3, payloadOf(3)), { code: "log.writeFailed" });
      const again = await open(files.afterPowerLoss(() => true));
      assert.ok(again.head!.height === 2 || (operation === "sync" && again.head!.height === 3));
      assert.deepEqual(payloadsIn(again).slice(0, 3), [0, 1, 2].map(payloadOf));
    }
  }
});

test("a segment that cannot be prepared fails the append that needs it, not the ones before", async () => {
  const files = new SimulatedLogFiles();
  const log = await open(files);
  files.fault = (kind) => (kind === "prepare" ? systemError("ENOSPC") : undefined);
  let height = 0;
  await assert.rejects(
    async () => {
      for (; ; height += 1) await log.append(height, payloadOf(height));
    },
    { code: "log.writeFailed" },
  );
  assert.ok(height > 3);
  assert.equal((await open(files)).head?.height, height - 1);
});

test("an unfinished segment of an earlier start is removed", async () => {
  const files = await logOf(2);
  files.setDisk(`${SECOND}.unfinished`, new Uint8Array(100));
  await open(files);
  assert.ok(!files.list().includes(`${SECOND}.unfinished`));
});

test("a damaged segment head stops the opening", async () => {
  const files = await logOf(30);
  files.setDisk(SECOND, files.disk(SECOND).fill(1, 20, 21));
  await assert.rejects(open(files), { code: "log.corrupt" });
});

test("after power loss at any moment every acknowledged record is there and no other payload ever is", async () => {
  const loss = fc.record({
    acknowledged: fc.integer({ min: 0, max: 12 }),
    written: fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(loss, { minLength: 1, maxLength: 4 }), async (losses) => {
      let files = new SimulatedLogFiles();
      let next = 0;
      for (const { acknowledged, written } of losses) {
        const log = await open(files);
        assert.deepEqual(
          payloadsIn(log),
          Array.from({ length: next }, (_, height) => payloadOf(height)),
        );
        await appendAll(log, next, next + acknowledged);
        next += acknowledged;
        // The power goes while the next record is between write and sync.
        files.fault = (kind) => (kind === "sync" ? systemError("EIO") : undefined);
        await assert.rejects(log.append(next, payloadOf(next)));
        let sector = 0;
        files = files.afterPowerLoss(() => written[sector++ % written.length]!);
        const survived = (await open(files)).head?.height ?? -1;
        assert.ok(survived === next - 1 || survived === next);
        next = survived + 1;
      }
    }),
    { numRuns: 60 },
  );
});

test("with bits flipped or the end cut, a log opens to a prefix of itself or is called corrupt", async () => {
  const original = await logOf(25);
  const names = original.list();
  const damage = fc.record({
    file: fc.nat(names.length - 1),
    kind: fc.constantFrom("flip" as const, "cut" as const, "zero" as const),
    at: fc.nat(SEGMENT_BYTES * 8 - 1),
  });
  let corruptCount = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      const files = original.afterPowerLoss(() => true);
      for (const { file, kind, at } of damages) {
        const bytes = files.disk(names[file]!);
        const byte = (at >> 3) % bytes.length;
        if (kind === "flip") bytes[byte]! ^= 1 << (at & 7);
        if (kind === "cut") bytes.fill(0, byte);
        if (kind === "zero") bytes.fill(0, byte, byte + PAGE_BYTES);
        files.setDisk(names[file]!, bytes);
      }
      try {
        const payloads = payloadsIn(await open(files));
        assert.deepEqual(
          payloads,
          payloads.map((_, height) => payloadOf(height)),
        );
      } catch (error) {
        assert.ok(error instanceof NodeError, String(error));
        assert.equal(error.code, "log.corrupt");
        corruptCount += 1;
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(corruptCount > 50);
});

test("a file shorter than it was is a torn or corrupt log, never a wrong record", async () => {
  const directory = join(folder, "short");
  const log = await open(diskLogFiles(directory));
  await appendAll(log, 0, 20);
  await log.close();
  const path = join(directory, SECOND);
  const whole = readFileSync(path);
  for (const length of [SEGMENT_BYTES - 1, PAGE_BYTES + 100, PAGE_BYTES]) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    const result = await open(diskLogFiles(directory)).then(
      async (again) => {
        const payloads = payloadsIn(again);
        await again.close();
        return payloads;
      },
      (error: NodeError) => error.code,
    );
    if (Array.isArray(result))
      assert.deepEqual(
        result,
        result.map((_, height) => payloadOf(height)),
      );
    else assert.equal(result, "log.corrupt");
  }
});
