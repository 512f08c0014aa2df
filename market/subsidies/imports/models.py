"""The refusals of imported files."""

from market.kernel import Refusal


class FileChanged(Refusal):
    """A file of that name was imported before with other content."""

    code = "file_changed"
    zh = "文件 {name} 已经导入过，内容不同：原 {taken_sha256}，现 {given_sha256}。请换一个文件名。"
    en = "{name} was imported before with other content: {taken_sha256}, now {given_sha256}. Choose another name."


class BillChanged(FileChanged):
    """A bill of that name was imported before with other content: it is corrected by a revision."""

    zh = (
        "文件 {name} 已经导入过，内容不同：原 {taken_sha256}，现 {given_sha256}。"
        "请换一个文件名；要更正原来的，就作为修订交，写明替换 {name}。"
    )
    en = (
        "{name} was imported before with other content: {taken_sha256}, now {given_sha256}. Choose another name; to "
        "correct it, send a revision that replaces it."
    )


class BillNotReplaceable(Refusal):
    """The file that a revision names is none of the operator and month, or was replaced before."""

    code = "bill_not_replaceable"
    zh = "{name} 要替换的文件不是这家运营商 {month} 的账单，或者已经被替换过；请选这个月最后交的那一份。"
    en = "The file that {name} replaces is no bill of the operator for {month}, or was replaced before."


class OtherOperator(Refusal):
    """An operator's account sends the files of its own operator only."""

    code = "other_operator"
    status = 403
    zh = "清单写的运营商是{stated}，您的账号只交{own}的文件。"
    en = "The manifest states {stated}; your account sends files of {own} only."


class FileAlreadyImported(Refusal):
    """The same content was imported under another name."""

    code = "file_taken"
    zh = "内容相同的文件已经以 {taken} 导入过。"
    en = "The same content was imported before as {taken}."


class ManifestMissing(Refusal):
    """A billing file needs its manifest."""

    code = "manifest_missing"
    status = 422
    zh = "账单文件 {name} 没有清单（文件名、校验和、行数、金额）。"
    en = "The billing file {name} has no manifest."


class ManifestMismatch(Refusal):
    """The manifest does not match the file."""

    code = "manifest_mismatch"
    status = 422
    zh = "清单与文件 {name} 不一致：{differences}。"
    en = "The manifest does not match {name}: {differences}."


class FarFewerRows(Refusal):
    """The operator bills far fewer services than in the month before; nothing was imported."""

    code = "far_fewer_rows"
    zh = "比上个月少得多：上个月 {earlier} 行，这个月连这份一共 {rows} 行。核对后用“确实只有这些”导入。"
    en = "Far fewer rows than the {earlier} of the month before: {rows} in this month; check, then take_fewer."


class FactsDiffer(Refusal):
    """The file changes known facts, which it lists with their old values; nothing was imported."""

    code = "facts_differ"
    zh = "这份{kind}会改动已经导入的 {changed} 处。核对后用“接受变更”导入。"
    en = "The file changes {changed} known facts; check them, then accept the changes."


class RegisterDiffers(Refusal):
    """The file differs from the register; nothing was imported."""

    code = "register_differs"
    zh = "与现有名册不同：{ended} 人离户，{begun} 人入户，{changed} 处变更。核对后用“接受变更”导入。"
    en = "The register differs: {ended} memberships end, {begun} begin, {changed} facts change; accept the changes."
