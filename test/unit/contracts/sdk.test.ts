/** The SDK, shown by a contract that gives each of its parts to callers: compiled once for all of these tests. */
import { describe } from "node:test";
import { arithmeticTests } from "./sdk/arithmetic.ts";
import { codecTests } from "./sdk/codec.ts";
import { environmentTests } from "./sdk/environment.ts";
import { deployProbe } from "./sdk/probe.ts";
import { signatureTests } from "./sdk/signatures.ts";

const probe = await deployProbe();

describe("codec", () => codecTests(probe));
describe("arithmetic", () => arithmeticTests(probe));
describe("environment", () => environmentTests(probe));
describe("signatures", () => signatureTests(probe));
