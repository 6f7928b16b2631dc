"""What people agree to, word for word. A wording that was ever shown is kept: consents name its version and hash.

A change of words is a new version below the old one; the newest of a purpose is what is shown and agreed to now.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from services.registration.domain.people import Purpose
from shared.web import phrase


class Wording(NamedTuple):
    """One version of what one purpose is about."""

    purpose: Purpose
    version: str
    title: str
    words: str

    @property
    def mark(self) -> str:
        """The hash of the words, which a consent keeps."""
        return hashlib.sha256(f"{self.purpose}\n{self.version}\n{self.title}\n{self.words}".encode()).hexdigest()


WORDINGS = (
    Wording("texts", "2021-05", phrase("收短信"), phrase("报名成功、活动提醒、名额变动，发短信告诉我。")),
    Wording(
        "health_readings",
        "2021-05",
        phrase("健康数据"),
        phrase("驿站量的血压、血糖，记在我名下；数值不正常时，工作人员可以联系我。"),
    ),
    Wording(
        "doctor_sharing",
        "2021-05",
        phrase("给家庭医生看"),
        phrase("驿站量的结果，可以给我的签约家庭医生看，只用来照看我的健康。"),
    ),
    Wording("photo_name", "2021-05", phrase("照片和名字"), phrase("活动里拍到我的照片、我的名字，可以登在社区报上。")),
    Wording(
        "job_file",
        "2021-05",
        phrase("求职档案"),
        phrase("我填的求职意向，工作人员可以看，用来给我介绍岗位；找到工作后一年删掉。"),
    ),
)
_NOW = {wording.purpose: wording for wording in WORDINGS}


def wording_of(purpose: Purpose) -> Wording:
    """What is shown and agreed to now."""
    return _NOW[purpose]


def wordings_now() -> tuple[Wording, ...]:
    """The newest wording of every purpose, in the order in which they are asked for."""
    return tuple(_NOW.values())
