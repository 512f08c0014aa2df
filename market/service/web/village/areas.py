"""The lines of 村里的事: each area adds one."""

from msgspec import Struct


class VillageArea(Struct, frozen=True):
    """A line of 村里的事: `path` has `{village}` where the code of the village belongs."""

    path: str
    name: str
    line: str

    def link(self, village: str) -> str:
        """Return the address of the area's page for a village."""
        return self.path.replace("{village}", village)


VILLAGE_AREAS: tuple[VillageArea, ...] = (
    VillageArea("/village/services?village={village}", "本周附近", "培训课、医生坐诊、远程看病，能报名"),
    VillageArea("/village/questions?village={village}", "问农技员", "写几句、拍一张，两个工作日里答"),
    VillageArea("/village/jobs?village={village}", "招工", "附近谁家招人、一天多少钱，县里核过的"),
    VillageArea("/village/coverage?village={village}", "信号和宽带", "哪家有信号；没信号报给运营商"),
    VillageArea("/village/funds?village={village}", "扶持和场地", "资金、贷款、孵化场地、培训，店家能申请"),
    VillageArea("/village/pairings?village={village}", "结对的单位", "哪家单位和村里结了对，说了什么、做了多少"),
    VillageArea("/village/benefits", "我的受益", "店里卖了货，分给您家多少；只有自己看得到"),
    VillageArea("/farm/plots", "地块和标签", "开店的：记哪块地收了多少，打带码的标签"),
    VillageArea("/village/inquiries?village={village}", "问县里", "办事、政策、信息公开，期限里答；急事先打电话"),
    VillageArea("/village/charity?village={village}", "公益", "献血、助学、看望老人，县里核过，不收钱"),
    VillageArea("/village/plans?village={village}", "能办的套餐", "几家的月费、流量，到哪儿办"),
    VillageArea("/village/stories?village={village}", "村里的故事", "手艺、东西、新鲜事，写一篇给外面看"),
    VillageArea("/villages/{village}/notice", "公示名单", "话费减免公示了谁，不对的可以说"),
)
AGRONOMIST_DOOR = ("/village/asked", "别人问我的", "问农技员的，两个工作日里答")
"""The door of an agronomist on the pages of one's own."""
