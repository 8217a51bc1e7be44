import assert from "node:assert/strict";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findDocuments } from "../../../node/import/find-documents.ts";
import { readDocumentFile } from "../../../node/import/read-file.ts";
import { Rejected } from "../../../vm/errors.ts";

const rejects = (work: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(work, (error) => error instanceof Rejected && error.code === code);

describe("a document file", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "cinnabar-import-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("of 50 MB is refused by its size without being read", async () => {
    const path = join(folder, "large.xml");
    const file = await open(path, "w");
    await file.truncate(50_000_000);
    await file.close();
    await rejects(readDocumentFile(path), "ubl.tooLarge");
  });

  it("may have exactly the limit, and not one byte more", async () => {
    const path = join(folder, "ten.xml");
    await writeFile(path, "0123456789");
    assert.equal((await readDocumentFile(path, 10)).length, 10);
    await rejects(readDocumentFile(path, 9), "ubl.tooLarge");
  });

  it("that is empty, absent, a folder or a device is refused", async () => {
    const path = join(folder, "empty.xml");
    await writeFile(path, "");
    await rejects(readDocumentFile(path), "ubl.empty");
    await rejects(readDocumentFile(join(folder, "nothing")), "import.unreadable");
    await rejects(readDocumentFile(folder), "import.unreadable");
    await rejects(readDocumentFile("/dev/null"), "import.unreadable");
  });

  it("is found below a folder by its ending, in sorted order; a named file whatever its ending", async () => {
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(folder, "tree", "b"), { recursive: true });
    for (const name of ["c.xml", "a.XML", "notes.txt", "b/z.xml"]) await writeFile(join(folder, "tree", name), "x");
    const found: string[] = [];
    for await (const path of findDocuments([join(folder, "tree"), join(folder, "tree/notes.txt")])) found.push(path);
    assert.deepEqual(
      found.map((path) => path.slice(folder.length + 1)),
      ["tree/a.XML", "tree/b/z.xml", "tree/c.xml", "tree/notes.txt"],
    );
    await rejects(findDocuments([join(folder, "absent")]).next(), "import.unreadable");
  });
});
