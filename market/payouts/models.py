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
