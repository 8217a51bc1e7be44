/** Known answers written out in the standards, so that the rules are tested where the published sets are absent. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALGORITHMS, type Algorithm, type HashName } from "../../accel/device.ts";
import { createHashes } from "../../accel/hashes.ts";
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { publicKeyOf, sign, sm2SignatureWithNonce } from "../../accel/reference/sign.ts";
import { Sm2Point, sm2Digest, sm2UserIdPrefix } from "../../accel/reference/sm2.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { loadKernelHashes } from "../../accel/wasm/hashes.ts";
import { bytesOf, hexOf, utf8 } from "./vector-files.ts";

interface Digest {
  readonly source: string;
  readonly hash: HashName;
  readonly message: string | Uint8Array;
  readonly want: string;
}

/** The input of BLAKE3's own vectors: 0, 1, ... 250, 0, 1, ... */
function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

const blake3 = (length: number, want: string): Digest => ({
  source: `BLAKE3 team's test_vectors.json, ${length} bytes`,
  hash: "blake3",
  message: counting(length),
  want,
});

const DIGESTS: readonly Digest[] = [
  {
    source: "FIPS 180-4 example, one block",
    hash: "sha256",
    message: "abc",
    want: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  },
  {
    source: "FIPS 180-4 example, two blocks",
    hash: "sha256",
    message: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    want: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  },
  {
    source: "SHA-256 of nothing",
    hash: "sha256",
    message: "",
    want: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  },
  {
    source: "GB/T 32905-2016 A.1",
    hash: "sm3",
    message: "abc",
    want: "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
  },
  {
    source: "GB/T 32905-2016 A.2",
    hash: "sm3",
    message: "abcd".repeat(16),
    want: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
  },
  {
    source: "Keccak of nothing, the code hash of an account without code in Ethereum's yellow paper",
    hash: "keccak256",
    message: "",
    want: "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
  },
  {
    source: "Keccak of the text whose first four bytes are the ERC-20 transfer selector a9059cbb",
    hash: "keccak256",
    message: "transfer(address,uint256)",
    want: "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b",
  },
  {
    source: "FIPS 180-4 example, one block",
    hash: "sha512",
    message: "abc",
    want:
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  },
  {
    source: "FIPS 180-4 example, two blocks",
    hash: "sha512",
    message:
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn" +
      "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    want:
      "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018" +
      "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
  },
  {
    source: "SHA-512 of nothing",
    hash: "sha512",
    message: "",
    want:
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" +
      "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
  },
  {
    source: "RFC 7693 appendix A",
    hash: "blake2b512",
    message: "abc",
    want:
      "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1" +
      "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
  },
  {
    source: "BLAKE2b-512 of nothing, as b2sum prints it",
    hash: "blake2b512",
    message: "",
    want:
      "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419" +
      "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
  },
  {
    source: "BLAKE2b-256 of nothing, as b2sum -l 256 prints it",
    hash: "blake2b256",
    message: "",
    want: "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
  },
  {
    source: "BLAKE2b-256, as b2sum -l 256 prints it",
    hash: "blake2b256",
    message: "abc",
    want: "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
  },
  blake3(0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
  blake3(1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
  blake3(1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"),
  blake3(1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
  blake3(1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
  blake3(2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"),
  blake3(2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"),
  blake3(31_744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"),
  blake3(102_400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
];

for (const [name, hashes] of Object.entries({ reference: referenceHashes, platform: createHashes() })) {
  describe(`hashes of the ${name}`, () => {
    for (const { source, hash, message, want } of DIGESTS) {
      test(`${hash}: ${source}`, () => {
        assert.equal(hexOf(hashes[hash](typeof message === "string" ? utf8(message) : message)), want);
      });
    }
  });
}

describe("hashes of the kernels", () => {
  const kernels = loadKernelHashes()!;
  for (const { source, hash, message, want } of DIGESTS) {
    if (hash === "blake2b256" || hash === "blake2b512") continue;
    test(`${hash}: ${source}`, () => {
      assert.equal(hexOf(kernels.hash(hash, typeof message === "string" ? utf8(message) : message)), want);
    });
  }
});

interface Signing {
  readonly source: string;
  readonly algorithm: Algorithm;
  readonly secretKey: string;
  readonly publicKey: string;
  readonly message: Uint8Array;
  readonly signature: string;
}

const SIGNINGS: readonly Signing[] = [
  {
    source: "RFC 8032 7.1 TEST 1",
    algorithm: ALGORITHMS.ed25519,
    secretKey: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: utf8(""),
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b" +
      "d25bf5f0595bbe24655141438e7a100b",
  },
  {
    source: "RFC 8032 7.1 TEST 3",
    algorithm: ALGORITHMS.ed25519,
    secretKey: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: bytesOf("af82"),
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659" +
      "4a7c15e9716ed28dc027beceea1ec40a",
  },
  {
    // r as printed there; s is n minus the printed one, which is high.
    source: 'RFC 6979 A.2.5 "sample" with SHA-256, s made low',
    algorithm: ALGORITHMS.p256,
    secretKey: "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    publicKey: "0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
    message: utf8("sample"),
    signature:
      "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
      "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9",
  },
  {
    source: "RFC 6979 on secp256k1 with the key 1, a vector that Bitcoin libraries share",
    algorithm: ALGORITHMS.secp256k1,
    secretKey: "0000000000000000000000000000000000000000000000000000000000000001",
    publicKey: "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    message: utf8("Satoshi Nakamoto"),
    signature:
      "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8" +
      "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5",
  },
];

for (const { source, algorithm, secretKey, publicKey, message, signature } of SIGNINGS) {
  test(`signs and accepts: ${source}`, () => {
    assert.equal(hexOf(publicKeyOf(algorithm, bytesOf(secretKey))), publicKey);
    assert.equal(hexOf(sign(algorithm, bytesOf(secretKey), message)), signature);
    const verifier = createReferenceVerifier();
    assert.equal(verifier.verify(algorithm, bytesOf(publicKey), bytesOf(signature), message), true);
  });
}

/** GB/T 32918.5-2017 annex A.2: the recommended curve, user id 1234567812345678, message "message digest". */
const SM2_EXAMPLE = {
  secretKey: "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8",
  publicKey: "0309f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020",
  message: utf8("message digest"),
  digest: 0xf0b43e94_ba45acca_ace692ed_534382eb_17e6ab5a_19ce7b31_f4486fdf_c0d28640n,
  nonce: 0x59276e27_d506861a_16680f3a_d9c02dcc_ef3cc1fa_3cdbe4ce_6d54b80d_eac1bc21n,
  signature:
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3" +
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
};

test("SM2: the example of GB/T 32918.5 annex A.2, step by step", () => {
  const { secretKey, publicKey, message, digest, nonce, signature } = SM2_EXAMPLE;
  assert.equal(hexOf(publicKeyOf(ALGORITHMS.sm2, bytesOf(secretKey))), publicKey);
  const key = Sm2Point.fromBytes(bytesOf(publicKey));
  assert.equal(sm2Digest(sm2UserIdPrefix("1234567812345678"), key, message), digest);
  assert.equal(hexOf(sm2SignatureWithNonce(BigInt(`0x${secretKey}`), digest, nonce)!), signature);
  const verifier = createReferenceVerifier();
  assert.equal(verifier.verify(ALGORITHMS.sm2, bytesOf(publicKey), bytesOf(signature), message), true);
});
