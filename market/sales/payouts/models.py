"""Refusals of payouts and of the accounts to which they are paid."""

from market.kernel import Refusal


class PayoutAccountOwnerOnly(Refusal):
    """Only the owner of a producer enters its account and asks for its money; a helper never does."""

    code = "payout_owner_only"
    status = 403
    zh = "收款账户和打款，只有店主本人能办。"
    en = "Only the owner enters the account and asks for a payout."


class PayoutAccountNumberInvalid(Refusal):
    """The number of the account is not 8 to 30 digits."""

    code = "payout_number_invalid"
    status = 422
    zh = "账号是 8 到 30 位数字，请照着卡写。"
    en = "The number of the account has 8 to 30 digits."


class PayoutPhoneInvalid(PayoutAccountNumberInvalid):
    """The number of a WeChat account is not a mobile phone's."""

    code = "payout_phone_invalid"
    zh = "微信写它绑定的手机号，11 位数字。"
    en = "A WeChat account is known by the mobile number that it is bound to."


class PayoutAccountExists(Refusal):
    """The producer has a payout account, or one that is being checked."""

    code = "payout_account_exists"
    zh = "已经有收款账户了。"
    en = "There is a payout account already."


class PayoutAccountMissing(Refusal):
    """The producer has no payout account that was checked."""

    code = "payout_account_missing"
    zh = "还没有核对过的收款账户，请先填收款账户。"
    en = "There is no payout account that was checked."


class NothingToPayOut(Refusal):
    """Nothing is owed but what buyers ask back, or the limit of the day is reached."""

    code = "nothing_to_pay_out"
    zh = "现在没有能打的钱：买家还能退的先留着，一天打的也有上限。"
    en = "Nothing can be paid out now: what buyers ask back is kept, or today's limit is reached."


class PayoutAccountUnchanged(Refusal):
    """The producer is paid to this account already, so that there is nothing to change."""

    code = "payout_account_unchanged"
    status = 409
    zh = "现在就是打到这个账户，不用换。"
    en = "The producer is paid to this account already."


class PayoutAccountKindUnknown(Refusal):
    """The payment provider pays to no account of this kind."""

    code = "payout_account_kind"
    status = 422
    zh = "现在还不能打到这种账户，请填银行卡。"
    en = "The payment provider does not pay to accounts of this kind."


class TooManyAccountChanges(Refusal):
    """A producer entered accounts too often within 30 days; each time people are told, and the provider is asked."""

    code = "too_many_account_changes"
    status = 409
    zh = "这 30 天填过 {limit} 次账户了，过几天再填；着急请打电话给县里。"
    en = "An account was entered {limit} times within 30 days; try again later."


class AccountChangeEnded(Refusal):
    """The change of the account was decided otherwise, withdrawn, or is not checked yet."""

    code = "account_change_ended"
    status = 409
    zh = "这次换账户已经办完，或者新账户还在核对。"
    en = "The change was decided already, or the new account is still being checked."


class OtherPersonNeeded(Refusal):
    """What a person asked for is agreed to by another member of the producer, or by the county's finance."""

    code = "other_person_needed"
    status = 403
    zh = "自己提的要另一个人同意：店里的另一个人，或者县里管钱的人。"
    en = "Another person has to agree: another member of the producer, or the county's finance."


class NameCorrectorConsents(OtherPersonNeeded):
    """The actor corrected the name under which the other account is held, so that somebody else agrees to it."""

    zh = "户名是您更正的，换收款账户要另一个人同意。"
    en = "You corrected the name of the holder: another person has to agree to the account."


class LargePayoutWaiting(Refusal):
    """A payout above the limit waits for a second person already."""

    code = "large_payout_waiting"
    zh = "已经有一笔在等另一个人同意，先等那一笔。"
    en = "A payout above the limit waits for a second person already."


class LargePayoutEnded(Refusal):
    """The payout was decided otherwise."""

    code = "large_payout_ended"
    status = 409
    zh = "这一笔已经定过了。"
    en = "This payout was decided already."
