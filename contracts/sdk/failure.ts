/**
 * The errors the SDK itself can end a call with. They stand in the ABI of every contract.
 * Codes from 0xfffe0000 to 0xfffeffff are the SDK's, those above the system's; a contract's own are below.
 */
@errors
export class SdkFailure {
  @error("arithmetic.overflow", "A result does not fit in 64 bits.")
  static readonly overflow: u32 = 0xfffe0001;

  @error("amount.tooManyDecimals", "An amount has more decimals than its currency.")
  static readonly tooManyDecimals: u32 = 0xfffe0002;

  @error("currency.unknown", "The currency is not in the ISO 4217 list.")
  static readonly unknownCurrency: u32 = 0xfffe0003;

  @error("storage.missing", "There is no value under this storage key.")
  static readonly missingValue: u32 = 0xfffe0004;

  @error("storage.keyTooLong", "A storage key is longer than 512 bytes.")
  static readonly keyTooLong: u32 = 0xfffe0005;

  @error("codec.invalid", "Bytes of a stored value or of a callee's answer do not decode.")
  static readonly invalidBytes: u32 = 0xfffe0006;

  @error("codec.loneSurrogate", "A string holds half of a surrogate pair and has no UTF-8 form.")
  static readonly loneSurrogate: u32 = 0xfffe0007;
}

/** The system's code for arguments that do not decode (vm/outcome.ts, SYSTEM_REVERTS.badArguments). */
export const BAD_ARGUMENTS: u32 = 0xffff0002;
