import { MemoryStore } from "../../../../runtime/state/memory-store.ts";
import { storeSuite } from "./store-suite.ts";

storeSuite("memory", () => new MemoryStore(), false);
