/** Known answers written out in the standards, so that the rules are tested where the published sets are absent. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALGORITHMS, type Algorithm, type Hashes } from "../../accel/device.ts";
import { createHashes } from "../../accel/hashes.ts";
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { publicKeyOf, sign, sm2SignatureWithNonce } from "../../accel/reference/sign.ts";
import { Sm2Point, sm2Digest, sm2UserIdPrefix } from "../../accel/reference/sm2.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { bytesOf, hexOf, utf8 } from "./vector-files.ts";

interface Digest {
  readonly source: string;
  readonly hash: keyof Hashes;
  readonly message: string;
  readonly want: string;
}

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
];

for (const [name, hashes] of Object.entries({ reference: referenceHashes, platform: createHashes() })) {
  describe(`hashes of the ${name}`, () => {
    for (const { source, hash, message, want } of DIGESTS) {
      test(`${hash}: ${source}`, () => {
        assert.equal(hexOf(hashes[hash](utf8(message))), want);
      });
    }
  });
}

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
