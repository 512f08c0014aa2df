"""Texts of messages: short, without links, and never requesting a code or a transfer."""

from datetime import timedelta

CODE = "code"
CODE_LIFETIME = timedelta(minutes=5)
"""How long a one-time code is valid; an expired one is not sent. Source: money-and-trust, one-time codes."""
DEFAULT_HELP_PHONE = "12316"
"""The telephone number to call unless the settings name another: the agricultural hotline."""
DEFAULT_HELP_HOURS = "早 8 点到晚 8 点"
"""When people answer that number, unless the settings say otherwise."""
SIGNATURE = "【乡集】"
_BRACKETS = str.maketrans("【】", "[]")

TEMPLATES = {
    CODE: f"验证码 {{code}}，{CODE_LIFETIME // timedelta(minutes=1)} 分钟内有效，只用于登录。"
    "向您要验证码的都是骗子，请不要告诉任何人；有疑问拨 96110。",
    "code_warning": "您的账号刚在新设备上登录。不是您本人的话，请打电话 {phone}。",
    "to_ship": "今天要发 {count} 单。",
    "guest_booked": "有客人订了{title}，{arrival}到，住 {nights} 晚。",
    "order_paid": "您的订单 {order} 已付款 {amount} 元。",
    "deposit_paid": "订单 {order} 订金付了 {deposit} 元。尾款 {balance} 元，{start}到 {end}付。",
    "deposit_paid_seller": "有人付了订金，订单 {order}。尾款 {balance} 元，{start}到 {end}付，付了再发货。",
    "balance_due": "订单 {order} 的尾款 {amount} 元可以付了，{day}前登录付。过了没付，订单取消。",
    "balance_lapsed": "订单 {order} 的尾款没有付，已取消，订金退 {amount} 元，原路退回。",
    "balance_lapsed_seller": "订单 {order} 的尾款过期没付，已取消，货放回去卖。",
    "order_cancelled": "订单 {order} 已取消，退款 {amount} 元。",
    "parcels_due": "{name}今天要发 {count} 单，买家等着。发了请登录写单号。",
    "parcels_late": "{name}有 {count} 单过了日子还没发，{day}还没发就取消，钱退给买家。发不了的请登录退掉。",
    "bill_due": "{county}{month}的账单还没有收到，请在 {day}前登录交。交过了就不用管。",
    "bill_late": "{county}{month}的账单过了 {day} 还没有收到，请尽快登录交。",
    "bank_account_entered": "{county}登记了给你们付款的新账户，尾号 {tail}，{day}起用，还要另一个人核对。"
    "不是你们的账户，请马上告诉县里。",
    "bank_account_agreed": "{county}{day}起把钱付到尾号 {tail} 的账户。不是你们的账户，请马上告诉县里。",
    "clawback_operator": "{county}记了一笔要退回的减免款，编号 {number}，{amount} 元，从下次结算里抵扣。"
    "有疑问请打电话给县里。",
    "clawback_decided": "县里作了一份关于话费减免的决定，编号 {number}，会送到您手上。不同意的，送到以后 {days} 天内"
    "可以请上一级再看：登录打开“我的话费”，或者告诉村里、乡镇。",
    "clawback_final": "关于话费减免的决定，编号 {number}，现在生效。有疑问请打电话给县里。",
    "clawback_annulled": "上一级看过了，关于话费减免的决定，编号 {number}，撤销了，您什么都不用做。",
    "farm_closed": "{name}{why}歇几天，{day}回来。订单 {order} 顺延发货；不想等，可以在订单里取消，钱全退。",
    "parcel_late": "订单 {order} 里{name}的包裹还没发，已经催了。您可以取消；{day}还没发，钱自动退给您。",
    "parcel_cancelled": "订单 {order} 里{name}的包裹{why}，已取消，{amount} 元原路退回。",
    "parcel_cancelled_seller": "订单 {order} 过了 {day}还没发，已取消，钱退给买家。",
    "booked": "您订了{title}，{arrival}入住，住 {nights} 晚，入住码 {code}，到店出示。",
    "change_asked_seller": "订单 {order} 的客人想改日子：{old}，改到 {new}。24 小时内请登录答复，不答复算没改。",
    "change_offered": "订单 {order}，店家想给您改日子：{old}，改到 {new}，不加钱。"
    "24 小时内请打开订单答复，不答复算没改。",
    "change_done": "订单 {order} 的日子改好了：{old}，改到 {new}。退您 {amount} 元。入住码不变。",
    "change_done_seller": "订单 {order} 的日子改好了：{old}，改到 {new}。",
    "change_declined": "订单 {order} 的日子没有改，还是 {old}。",
    "change_lapsed": "订单 {order} 改日子，对方没有答复，没有改，还是 {old}。",
    "slot_booked": "您订了{title}，{when}，{party} 个名额，入场码 {code}，到了出示。",
    "party_booked": "{title}，{when}，订出 {party} 个名额。",
    "stay_cancelled": "{title}，{when}到的，{reason}，店家取消了。您付的 {amount} 元全退，原路退回。",
    "slot_cancelled": "{title}，{when}，{reason}，取消了。您付的 {amount} 元全退，原路退回。",
    "slot_below_minimum": "{title}，{when}，不到 {minimum} 位，取消了，客人付的钱全退。",
    "purchase_to_sign": "{unit}要买 {amount} 元的货，订单 {order}，验收后对公付款。请登录看合同，三天内签。",
    "purchase_signed": "{seller}签了采购单 {order} 的合同，备货了。",
    "purchase_delivered": "{seller}送了采购单 {order} 的货，请单位验收的人登录验收。",
    "purchase_accepted": "{unit}验收了采购单 {order}，{amount} 元。请照这个数开发票，登录记号码。",
    "purchase_ended": "采购单 {order}（{unit}）了结了，没有成交，原因请登录看。",
    "shipped": "您的包裹已发出，{carrier} {tracking}。",
    "brought": "您买的东西发出了，卖家自己送，送到前打您电话。",
    "parcel_delivered": "订单 {order} 的包裹，{carrier}送到了。收到了请登录按一下；坏了先申请坏果包赔。",
    "weighed": "订单 {order} 的{title}称了 {weight}，合 {price} 元，多付的 {amount} 元原路退回。",
    "weighed_full": "订单 {order} 的{title}称了 {weight}，合 {price} 元，不用退补。",
    "parcel_found": "订单 {order} 的包裹查到了，已经送到。没有收到，请马上登录或者打电话。",
    "parcel_lost": "订单 {order} 的包裹没有送到，已取消，{amount} 元原路退回。",
    "parcel_lost_seller": "订单 {order} 的包裹没有送到，{amount} 元退给买家。请拿单号找快递公司赔。",
    "pickup_arrived": "订单 {order} 到了{point}，取货码 {code}，{day}前来取，别告诉旁人。电话 {phone}。",
    "pickup_ending": "订单 {order} 还在{point}，{day}是最后一天，过了不再留。取货码在订单里，电话 {phone}。",
    "point_keeper_added": "您现在管自提点{point}，登录后在“我的”里收包裹、凭码交给买家。不是您的话，请打县里电话。",
    "point_keeper_ended": "自提点{point}换了人管，您手里的包裹请交给新来的人。",
    "pickup_spoiled": "订单 {order} 过了日子没有来取，是鲜货，放不住了，不退款。",
    "pickup_returned": "订单 {order} 过了日子没有来取，退回卖家了，货款 {amount} 元原路退，运费不退。",
    "pickup_returned_seller": "订单 {order} 没有人来取，退回给您，货款 {amount} 元退给买家，运费归您。请到自提点拿。",
    "refunded": "退款 {amount} 元，原路退回。",
    "refund_waiting_seller": "订单 {order} 有一笔 {amount} 元的退款，要您同意才退，请登录看一下。",
    "refund_waiting_finance": "订单 {order} 有一笔 {amount} 元的退款，要财政同意才退，请登录看一下。",
    "refund_lapsed": "订单 {order} 那笔 {amount} 元的退款，{days} 天没有人同意，不算了。还要退，请登录从订单里申请。",
    "refund_lapsed_seller": "订单 {order} 那笔 {amount} 元的退款，{days} 天没有人同意，不算了。还要退，请重新退一次。",
    "refund_failed": "订单 {order} 的退款 {amount} 元没有到账，我们在处理，您不用再申请。",
    "refund_failed_seller": "订单 {order} 退给买家的 {amount} 元没有到账，我们在处理，您不用再退。",
    "refund_failed_finance": "订单 {order} 退款 {amount} 元没有到账，请联系平台处理。",
    "claim_opened_seller": "订单 {order} 有坏果，买家要退 {amount} 元。请在 {due}前登录答复，不答复就由县里定。",
    "claim_refused": "订单 {order} 的坏果包赔，卖家没有同意，已转给县里，{due}前答复您。",
    "claim_refused_seller": "订单 {order} 的坏果包赔您没有同意，已转给县里定，{due}前有结果。",
    "claim_checked": "订单 {order} 的坏果包赔，卖家同意了。数目大，县里再看一下，{due}前答复您。",
    "claim_checked_seller": "订单 {order} 的坏果包赔数目大，县里再看一下，{due}前有结果。",
    "claim_late": "订单 {order} 的坏果包赔没有按时答复，已转给上一级，{due}前答复您。",
    "claim_late_seller": "订单 {order} 的坏果包赔没有按时答复，已转给上一级定，{due}前有结果。",
    "claim_waiting_finance": "订单 {order} 有一件坏果包赔要定，{due}前，请登录看一下。",
    "claim_granted": "订单 {order} 的坏果包赔同意了，{amount} 元按付款的原路退，退到了再告诉您。",
    "claim_granted_seller": "订单 {order} 的坏果包赔定了，退给买家 {amount} 元。",
    "claim_rejected": "订单 {order} 的坏果包赔有了结果：不退。原因在订单里。",
    "claim_rejected_seller": "订单 {order} 的坏果包赔有了结果：不退。",
    "case_asked": "订单 {order} 的{name}要您补一点情况，请打开订单看；3 天内不补，就照现有的情况办。",
    "case_supplied_seller": "订单 {order} 的{name}，买家补了情况，{due}前请看。",
    "case_supplied_finance": "订单 {order} 的{name}，买家补了情况，{due}前要定。",
    "case_extended": "订单 {order} 的{name}要多一点时间，{due}前答复您，原因在订单里。",
    "case_raised": "订单 {order} 的{name}转给了上一级，{due}前答复您。",
    "case_raised_finance": "订单 {order} 的{name}转给了上一级，{due}前要定。",
    "case_withdrawn_seller": "订单 {order} 的{name}，买家撤回了。",
    "case_reopened_seller": "订单 {order} 的{name}，买家请上一级再看一次，{due}前有结果。",
    "case_reopened_finance": "订单 {order} 的{name}要再看一次，{due}前要定。",
    "case_overdue_finance": "订单 {order} 的{name}过期没有定，本该在 {due}前，请登录处理。",
    "case_assigned": "{name} {number} 要您定，{due}前，请登录看一下。",
    "case_late": "您的{name} {number} 没有按时办，已转给上一级，{due}前答复您。",
    "case_overdue": "{name} {number} 过期没有定，本该在 {due}前，请登录处理。",
    "mediation_opened_seller": "订单 {order} 的买家请县里调解，{amount} 元先留着不打款，{due}前有结果。",
    "mediation_proposed": "订单 {order} 的调解：建议退 {amount} 元。{due}前请登录答复；不答复就由平台定。",
    "mediation_proposed_seller": "订单 {order} 的调解：建议退买家 {amount} 元。{due}前请登录答复；不答复就由平台定。",
    "mediation_raised": "订单 {order} 的调解没有谈成，由平台来定，{due}前有结果。",
    "mediation_ended": "订单 {order} 的调解有了结果：退 {amount} 元，原因请登录看。退到了再告诉您。",
    "mediation_ended_seller": "订单 {order} 的调解有了结果：退给买家 {amount} 元，原因请登录看。",
    "complaint_opened_seller": "订单 {order} 的买家有投诉：{name}。{due}前请登录答复，不答复转县里。",
    "report_answered": "您的{name} {number} 有了答复，请登录看，在买家的话里。",
    "outage_answered": "您报的{name} {number} 有了答复，请登录看。",
    "question_answered": "您问的{name} {number} 有了答复，请登录看。",
    "inquiry_answered": "您的{name} {number} 有了答复，请登录看。愿意的话可以给大家也看看。",
    "inquiry_extended": "您的{name} {number} 要延期，{due}前答复您，原因请登录看。",
    "charity_notice_live": "您的公益信息“{title}”核过了，大家看得到。",
    "charity_notice_refused": "您的公益信息“{title}”退回了：{reason}。改好可以再送。",
    "posting_live": "您的招工“{title}”核过了，村里人看得到。有人报名短信告诉您。",
    "posting_refused": "您的招工“{title}”退回了：{reason}。改好可以再送。",
    "job_applied": "有人报了您的招工“{title}”，请登录看，姓名电话只为招工用。",
    "job_hired": "{employer}说您来上工了：{title}。是不是这样，请登录点一下。您点了才算。",
    "data_request_answered": "您要求的{name} {number} 有了答复，请登录看。查、改自己的信息不收钱，不要验证码。",
    "fund_granted": "您申请的{call}批了，给多少、怎么办，请登录看。",
    "fund_refused": "您申请的{call}没有批，原因请登录看。",
    "seat_booked": "{who}报上名了：{title}，{when}，在{where}。去不了请登录取消，让给别人。",
    "seat_waiting": "{title}（{when}，{where}）名额满了，{who}在排队，有人不来就留 24 小时。",
    "seat_offered": "{title}（{when}，{where}）有名额了，给{who}留到 {until}，请登录点要。",
    "seat_ended": "{title}（{when}）留给{who}的名额，没有人应，让给下一位了。",
    "service_cancelled": "{title}（{when}，{where}）取消了，{who}不用去了。",
    "complaint_answered": "您的{name} {number} 有了答复，请登录看。不满意的，7 天内可以请上一级再看一次。",
    "package_asked": "{organiser}想请您一起做套餐“{title}”，每套分给您 {amount} 元。请登录看一下，同意不同意都答复。",
    "package_declined": "{household}不参加套餐“{title}”{ended}。请登录看一下。",
    "invoice_number_corrected": "订单 {order} 的发票，卖家记错了号码：尾号 {old} 改成 {number}。请登录看。",
    "invoice_asked_seller": "订单 {order} 的买家要发票，开 {amount} 元。{due}前开好记下号码；不会开的去办税厅代开。",
    "invoice_refunded_seller": "订单 {order} 退了款，开过的发票要开红字 {amount} 元。{due}前开好，登录记下号码。",
    "invoice_correct_seller": "订单 {order} 的买家要换发票：先全开红字，再照新的开。{due}前办好，登录记下号码。",
    "invoice_issued": "订单 {order} 的发票开好了，号码请登录看。",
    "invoice_reduced": "订单 {order} 退款的红字发票开好了，请登录看。",
    "invoice_answered": "订单 {order} 的发票没有开成，为什么，请登录看。",
    "message_seller": "订单 {order} 的买家有话问您，请登录看，回一句。",
    "message_buyer": "订单 {order} 的卖家给您回了话，请登录看。",
    "review_hidden": "您对{title}的评价，文字不再显示，分数照算。原因请登录看，不同意请打电话。",
    "review_appeal_granted_seller": "{title}的评价申诉有了结果：文字不再显示，分数照算。",
    "review_appeal_rejected_seller": "{title}的评价申诉有了结果：照样显示，原因请登录看。",
    "goods_return_opened_seller": "订单 {order} 的买家要退货，货款 {amount} 元。{due}前请登录答复，不答复由县里定。",
    "goods_return_accepted": "订单 {order} 的退货同意了。寄到哪里写在订单里，{days} 天内寄出，填上快递单号。",
    "goods_return_accepted_seller": "订单 {order} 的退货县里同意了，买家会寄回来，收到请在退货里确认。",
    "goods_return_refused": "订单 {order} 的退货，卖家没有同意，已转给县里，{due}前答复您。",
    "goods_return_refused_seller": "订单 {order} 的退货您没有同意，已转给县里定，{due}前有结果。",
    "goods_return_late": "订单 {order} 的退货没有按时答复，已转给上一级，{due}前答复您。",
    "goods_return_late_seller": "订单 {order} 的退货没有按时答复，已转给上一级定，{due}前有结果。",
    "goods_return_sent_seller": "订单 {order} 的退货寄出了，{carrier} {tracking}。收到请登录确认，货款退给买家。",
    "goods_return_withdrawn_seller": "订单 {order} 的买家不退货了。",
    "goods_return_lapsed": "订单 {order} 的退货 {days} 天没有寄出，算不退了。",
    "goods_return_objected": "订单 {order} 的退货，卖家收到后有不同意见，已转给县里，{due}前答复您。",
    "goods_return_objected_seller": "订单 {order} 的退货您有不同意见，已转给县里定，{due}前有结果。",
    "goods_return_checked": "订单 {order} 的退货，县里再看一下货款，{due}前答复您。",
    "goods_return_checked_seller": "订单 {order} 的退货，县里再看一下货款，{due}前有结果。",
    "goods_return_waiting_finance": "订单 {order} 有一件退货要定，{due}前，请登录看一下。",
    "goods_return_refunded": "订单 {order} 退货的货款 {amount} 元按付款的原路退，退到了再告诉您。",
    "goods_return_refunded_seller": "订单 {order} 的退货办完了，退给买家货款 {amount} 元。",
    "goods_return_rejected": "订单 {order} 的退货有了结果：不退。原因在订单里。",
    "goods_return_rejected_seller": "订单 {order} 的退货有了结果：不退。",
    "dispute_opened": "您对订单 {order} 的 {amount} 元提出了异议。有结果以前，这笔钱不给卖家。",
    "dispute_opened_seller": "订单 {order} 的买家向银行提出异议，{amount} 元先不结算。没发的先别发，发了的留好单号。",
    "dispute_opened_finance": "订单 {order} 有 {amount} 元的异议，请联系平台，按期交证据。",
    "dispute_won": "订单 {order} 的异议有了结果：{amount} 元归卖家。",
    "dispute_won_seller": "订单 {order} 的异议有了结果：{amount} 元归您。没发的请照常发货。",
    "dispute_won_finance": "订单 {order} 的异议赢了，{amount} 元已放回。",
    "dispute_lost": "订单 {order} 的异议有了结果：{amount} 元由银行退给您。",
    "dispute_lost_seller": "订单 {order} 的异议有了结果：{amount} 元退给买家，已从应收里扣除。没发的不用发了。",
    "dispute_lost_finance": "订单 {order} 的异议输了，{amount} 元已退给买家。",
    "money_owed": "该给您 {amount} 元，已记在您名下。",
    "payout_paid": "打给您的 {amount} 元已到账。",
    "payout_failed": "打给您的 {amount} 元没有到账：{reason}。钱还在您名下，登录看怎么办。",
    "producer_confirmed": "村里已核实{name}的申请，等县里推荐。",
    "producer_recommended": "县里已推荐{name}，等最后一步审核。",
    "producer_open": "{name}可以开卖了。",
    "producer_refused": "{name}的申请没有通过：{reason}。可以改好再申请，不明白请问村里。",
    "producer_suspended": "{name}暂停接单：{reason}。已有的订单请照常发货。",
    "producer_reopened": "{name}恢复接单。",
    "certificate_rejected": "{name}的{certificate}没有通过：{reason}。请照着改好，再交一次。",
    "certificate_ending": "{name}的{certificate}{day}到期，还有 {days} 天。"
    "请换了新证交给县里核对；过了这天，要这张证的就先不卖。",
    "payout_account_changing": "您的店要换收款账户，新的尾号 {tail}，最早{day}起用，还要另一个人同意。"
    "不是您要换的，请马上登录撤回。",
    "payout_account_changed": "您的店换了收款账户，以后的钱打到尾号 {tail}。不是您要换的，请马上告诉县里。",
    "payout_account_kept": "您的店没有换收款账户，钱还打到尾号 {tail}。",
    "name_corrected": "您登记的姓名改成了{name}。不是您要改的，请马上打电话 {phone}。",
    "name_corrected_unpaid": "您登记的姓名改成了{name}。收款账户请在“我的钱”里重新填一次，对上姓名、有人同意后再打钱。"
    "不是您要改的，请马上打电话 {phone}。",
    "idle_soon": "您家尾号 {tail} 的{service}好久没用了。最晚{day}用一次，每月的减免照旧。"
    "用过了不用管；不想用了、有不明白的，问村里。",
    "idle_now": "您家尾号 {tail} 的{service}好久没用，{unpaid}起先不减。最晚{day}用一次就恢复，不用就停了减免。"
    "用过了不用管；有不明白的，问村里。",
    "supervision_issued": "{issuer}给了督办任务 {number}，{day}前报结果。请登录看督办。",
    "supervision_due": "督办任务 {number} {day}到期，还没有报结果。请登录报。",
    "supervision_late": "督办任务 {number} {day}到期，过了还没有报结果。请尽快登录报。",
    "supervision_returned": "{issuer}退回了督办任务 {number} 报的结果，期限 {day}。原因请登录看。",
    "fraud_warning": "防骗提醒：{text}。",
    "story_asked": "有一篇村里的故事写到您：“{title}”。愿意不愿意登，请登录在我的信息里答。不愿意就不登。",
    "story_live": "您写的“{title}”登出来了，在村里的事里看得到。",
    "story_hidden": "您写的“{title}”不再显示，原因请登录看。",
    "content_report_answered": "您的{name} {number} 有了答复，请登录在我的信息里看。",
    "large_payout_refused": "您要打的 {amount} 元没有同意：{reason}。钱还在您名下，每天照常打。",
}
"""Text by template name; the placeholders are exactly the facts of the message."""

FRAUD_HINT = "要钱、要验证码的是骗子，拨96110。"
"""Ends a message to a farmer where it fits. Source: 反电信网络诈骗法 30."""
MAX_ONE_MESSAGE = 70
"""Characters that a carrier sends and charges as one message."""
_FARMER_PREFIXES = ("producer_", "certificate_", "fund_", "payout_", "purchase_", "idle_")
FARMER_TEMPLATES = frozenset({
    *(name for name in TEMPLATES if name.endswith("_seller") or name.startswith(_FARMER_PREFIXES)),
    "to_ship", "guest_booked", "party_booked", "parcels_due", "parcels_late", "money_owed", "large_payout_refused",
    "message_seller", "package_asked", "package_declined", "question_answered", "job_hired", "clawback_decided",
    "clawback_final", "fraud_warning",
})  # fmt: skip
"""Messages to people who grow, host or get a reduction."""


def render_message(template: str, facts: dict[str, str]) -> str:
    """Return the text of a message, prefixed by the signature that carriers require.

    A farmer is warned of fraud where it fits into one message. The brackets of a signature in a fact become others: a
    shop called 【银行】 sends nothing in a bank's name.
    """
    text = SIGNATURE + TEMPLATES[template].format_map({name: text.translate(_BRACKETS) for name, text in facts.items()})
    hinted = template in FARMER_TEMPLATES and len(text) + len(FRAUD_HINT) <= MAX_ONE_MESSAGE
    return text + FRAUD_HINT if hinted else text
