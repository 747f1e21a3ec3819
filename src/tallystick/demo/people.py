"""The people of the demo: who they are, what they make, and how their months went.

All of it is data. The people are invented; the platforms are those of the shipped catalogs.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..core.commands import (
    Adjust,
    Cancel,
    ChangePlan,
    Charge,
    Command,
    GrantCredits,
    Pay,
    SetMember,
    Subscribe,
    TopUp,
)

THEM = "them"
"""Stands for the account of the person whose turn it is."""

DONE: Mapping[str, Any] = {}
FAILED: Mapping[str, Any] = {"outcome": "provider_error"}
MODERATED: Mapping[str, Any] = {"outcome": "moderated"}
FORGOTTEN = None
"""Nobody closes the hold: it times out."""


class Work(NamedTuple):
    """Something a person makes again and again: of every setting and quantity one is drawn.

    With `ends` it is held first, and one of them says how it is closed.
    """

    model: str
    params: Mapping[str, Sequence[Any]] = {}
    weight: int = 1
    ends: Sequence[Mapping[str, Any] | None] = ()


class Person(NamedTuple):
    """An account and its story. `pace` is the most it makes at one sitting; `turns` are what
    happens on a day of the demo, counted from 0."""

    account: str
    name: str
    story: str
    pace: int
    work: Sequence[Work]
    turns: Mapping[int, Sequence[Command]]
    members: Mapping[str, int | None] = {}
    projects: Sequence[str] = ()


def _try(model: str, **params: Any) -> Command:
    """Somebody finds out that they may not."""
    return Charge(THEM, model, params, key="a-try")


ARTLIST = (
    Person(
        account="mara",
        name="Mara Lindqvist",
        story="A voice artist. Her 7,500 credits are for voice only: her plan does not include "
        "video.",
        pace=1,
        work=(
            Work("Eleven v2", {"characters": (640, 1_180, 2_305)}, 3),
            Work("Speech to Speech", {"seconds": (18.5, 42, 61.25)}),
        ),
        turns={
            1: (Subscribe(THEM, "AI Starter", 7_500),),
            20: (_try("Kling 1.6", resolution="720p", seconds=5),),
        },
        projects=("audiobook", "radio spot"),
    ),
    Person(
        account="jonas",
        name="Jonas Weber",
        story="A freelancer on 16,500 credits a month. He runs out in the last days of most "
        "months.",
        pace=6,
        work=(
            Work("Flux 2.0", {"images": (1, 2)}, 3),
            Work("Seedream 4.5", {"images": (1, 2)}, 2),
            Work("Kling 1.6", {"resolution": ("720p",), "seconds": (5,)}, 1, (DONE, DONE, FAILED)),
        ),
        turns={2: (Subscribe(THEM, "AI Starter", 16_500),)},
        projects=("lookbook", "pitch"),
    ),
    Person(
        account="pixelforge",
        name="Pixelforge Studio",
        story="A team of three with caps. 40,000 were not enough, so it upgraded and kept its "
        "leftover.",
        pace=4,
        work=(
            Work(
                "Veo 3.1 Fast",
                {"resolution": ("1080p",), "audio": ("off", "on"), "seconds": (8,)},
                2,
                (DONE, DONE, {"params": {"seconds": 6}}, FAILED, FORGOTTEN),
            ),
            Work(
                "Kling 2.6 Pro",
                {"audio": ("off",), "seconds": (5, 10)},
                2,
                (DONE, DONE, MODERATED),
            ),
            Work("GPT Image 1.5", {"quality": ("low", "medium"), "outputs": (1, 2)}, 3),
        ),
        turns={
            0: (Subscribe(THEM, "AI Suite Starter", 40_000),),
            40: (ChangePlan(THEM, "AI Suite Starter", 240_000),),
            41: (SetMember(THEM, "ana", 60_000), SetMember(THEM, "bo", 40_000)),
        },
        members={"ana": 15_000, "bo": 8_000, "cy": None},
        projects=("launch film", "shorts"),
    ),
    Person(
        account="ines",
        name="Inês Duarte",
        story="A composer, billed yearly. She moved to Max Pro, then to 240,000 less what she had "
        "used.",
        pace=2,
        work=(
            Work("Lyria 3", {}, 3),
            Work("Lyria 3 Pro", {}, 1),
            Work("Kling 3.0 Standard", {"audio": ("on",), "seconds": (5,)}, 1, (DONE,)),
        ),
        turns={
            3: (Subscribe(THEM, "AI Suite Starter", 40_000, "yearly"),),
            60: (ChangePlan(THEM, "Max Pro"),),
            100: (ChangePlan(THEM, package=240_000),),
        },
    ),
    Person(
        account="theo",
        name="Théo Martin",
        story="He had more than he needed. His downgrade took effect when the paid time was over.",
        pace=2,
        work=(Work("Nano Banana", {"images": (1, 2)}, 2), Work("Cartesia", {"characters": (900,)})),
        turns={
            5: (Subscribe(THEM, "AI Suite Starter", 40_000),),
            70: (ChangePlan(THEM, "AI Starter", 16_500),),
        },
    ),
    Person(
        account="kenji",
        name="Kenji Mori",
        story="He opened an account and looked around. He needs a subscription to generate "
        "anything.",
        pace=0,
        work=(),
        turns={9: (_try("Flux 2.0"),)},
    ),
)

IMAGINEART = (
    Person(
        account="lena",
        name="Lena Sommer",
        story="She uses the 100 free credits of each day. Pro models need a subscription.",
        pace=2,
        work=(Work("Example Image", {"images": (1, 2)}),),
        turns={
            0: (),
            30: (_try("Example Image Pro"),),
        },
    ),
    Person(
        account="omar",
        name="Omar Haddad",
        story="He uses up his 10,000 credits and buys Tokens for the rest of the month.",
        pace=7,
        work=(
            Work("Example Image", {"images": (1,), "outputs": (1, 2, 4)}, 3),
            Work("Example Video", {"outputs": (1, 2)}, 1, (DONE, DONE, FAILED)),
        ),
        turns={
            1: (Subscribe(THEM, "Basic"),),
            27: (TopUp(THEM, 5_000, key="payment-1"),),
            85: (TopUp(THEM, 1_000, key="payment-2"),),
        },
        projects=("shop", "blog"),
    ),
    Person(
        account="nightowl",
        name="Night Owl Games",
        story="A team on 100,000 a month, billed quarterly. The trailer team has a cap and reaches "
        "it.",
        pace=8,
        work=(
            Work("Example Image Pro", {"outputs": (2, 4)}, 3),
            Work("Example Video Pro", {"seconds": (8,)}, 2, (DONE, DONE, DONE, FAILED)),
        ),
        turns={0: (Subscribe(THEM, "Ultimate", interval="quarterly"),)},
        members={"art": 45_000, "trailers": 12_000, "qa": None},
        projects=("trailer", "key art"),
    ),
    Person(
        account="sofia",
        name="Sofia Rossi",
        story="She upgraded from Basic to Standard in mid-cycle. Her leftover was carried over.",
        pace=3,
        work=(
            Work("Example Image", {"images": (2, 4)}, 2),
            Work("Example Video", {}, 2, (DONE, DONE, DONE, DONE, FORGOTTEN)),
        ),
        turns={
            2: (Subscribe(THEM, "Basic"),),
            4: (GrantCredits(THEM, 500, priority=1, reason="Welcome: burns first"),),
            50: (ChangePlan(THEM, "Standard"),),
        },
    ),
    Person(
        account="ravi",
        name="Ravi Patel",
        story="He cancelled with Tokens left. They stay, and pay for what the Free plan allows.",
        pace=2,
        work=(Work("Example Video", {}, 1, (DONE,)), Work("Example Image", {"images": (1, 3)}, 2)),
        turns={
            0: (Subscribe(THEM, "Basic"),),
            10: (TopUp(THEM, 20_000, key="payment-1"),),
            40: (Cancel(THEM),),
            75: (_try("Example Video Pro"),),
        },
    ),
    Person(
        account="greta",
        name="Greta Nilsson",
        story="She pays by hand. A payment failed: nothing was taken back, but no new cycle began.",
        pace=2,
        work=(Work("Example Image", {"images": (1, 2)}),),
        turns={
            3: (Subscribe(THEM, "Basic", paid_through="2026-02-16T00:00:00Z"),),
            30: (Pay(THEM, "2026-03-16T00:00:00Z", key="invoice-2"),),
            58: (Pay(THEM, "2026-04-16T00:00:00Z", key="invoice-3"),),
            66: (Adjust(THEM, 250, "Goodwill: two videos came out black"),),
        },
    ),
)

VIDEODRAFT = (
    Person(
        account="emil",
        name="Emil Berg",
        story="He is on the free Starter plan: 200 credits a month, counted from the day he "
        "joined.",
        pace=1,
        work=(Work("Flux Schnell", {"images": (1, 2)}, 3), Work("Kling v2.1", {}, 1)),
        turns={6: ()},
    ),
    Person(
        account="clara",
        name="Clara Jensen",
        story="She makes marketing videos on Pro and uses up her 2,500 credits.",
        pace=6,
        work=(
            Work("Script Generation", {"seconds": (60, 90, 180)}),
            Work("Flux 1.1 Pro", {"images": (2, 6)}, 3),
            Work("Kling v2.1", {"seconds": (5,), "outputs": (1, 2)}, 2, (DONE, DONE, FAILED)),
            Work("Google Text-to-Speech", {"characters": (600, 2_000)}, 2),
        ),
        turns={1: (Subscribe(THEM, "Pro"),)},
        projects=("spring sale", "how-to"),
    ),
    Person(
        account="academy",
        name="Brightside Academy",
        story="A school on Studio, billed yearly. Speech and images are free on this plan.",
        pace=4,
        work=(
            Work("Google Text-to-Speech", {"characters": (2_000, 9_000)}, 3),
            Work("Imagen-4", {"images": (1, 4)}, 2),
            Work("Google Veo3", {"seconds": (8,)}, 1, (DONE, DONE, MODERATED)),
        ),
        turns={0: (Subscribe(THEM, "Studio", interval="yearly"),)},
        members={"maths": 8_000, "biology": 8_000, "office": None},
    ),
    Person(
        account="noor",
        name="Noor el-Amin",
        story="She went from Pro to Visionary in mid-cycle. The used credits were deducted.",
        pace=3,
        work=(
            Work("Google Veo2", {"seconds": (5, 8)}, 1, (DONE, FAILED)),
            Work("Scene Enhancement", {"scenes": (2, 5)}, 2),
            Work("Google Text-to-Speech", {"characters": (600,)}, 2),
        ),
        turns={2: (Subscribe(THEM, "Pro"),), 48: (ChangePlan(THEM, "Visionary"),)},
    ),
    Person(
        account="felix",
        name="Felix Brandt",
        story="He cancelled Pro and is back on the free Starter plan.",
        pace=2,
        work=(Work("GPT-Image-1 (DALL-E)", {"images": (1, 2)}, 2), Work("Luma Ray Flash", {}, 1)),
        turns={0: (Subscribe(THEM, "Pro"),), 75: (Cancel(THEM),)},
    ),
    Person(
        account="yuki",
        name="Yuki Tanaka",
        story="She asks the agent often, at 5 to 10 credits each. She was given goodwill once.",
        pace=3,
        work=(
            Work(
                "AI Agent Consultations",
                {},
                3,
                ({"credits": 5}, {"credits": 7}, {"credits": 10}, FAILED),
            ),
            Work("Luma Ray 2", {}, 1),
        ),
        turns={
            4: (Subscribe(THEM, "Visionary"),),
            90: (Adjust(THEM, 120, "Goodwill: the agent lost a conversation"),),
        },
    ),
)

PLATFORMS: Mapping[str, Sequence[Person]] = {
    "artlist": ARTLIST,
    "imagineart": IMAGINEART,
    "videodraft": VIDEODRAFT,
}
