"""The lifecycle of a matter, from the law, and the built-in actions by which a model moves it.

Mainly two tables: `MOVES` says which step is possible in which state, `ACTIONS` says what a service task of a model may
ask for. Pure: knows no case, no clock, no calendar.

Source: 行政许可法 (2019) art. 29–34, 36–38, 42–45, 69, 78–79; 不动产登记暂行条例 art. 15, 17.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.base.errors import IllegalMove, InvalidInput


class State(StrEnum):
    """The state of a matter in its lifecycle, with its name in the trade."""

    RECEIVED = "received"  # 已收件
    CORRECTING = "correcting"  # 补正中
    CORRECTED = "corrected"  # 已补正
    ACCEPTED = "accepted"  # 已受理
    NOT_REQUIRED = "not_required"  # 无需许可
    WRONG_OFFICE = "wrong_office"  # 不属本机关
    REFUSED = "refused"  # 不予受理
    RETURNED = "returned"  # 退件
    UNDER_REVIEW = "under_review"  # 审查中
    SUSPENDED = "suspended"  # 停表中
    GRANTED = "granted"  # 准予
    DENIED = "denied"  # 不予
    HANDED_OVER = "handed_over"  # 已送达
    WITHDRAWN = "withdrawn"  # 已撤回
    LAPSED = "lapsed"  # 逾期未补
    TERMINATED = "terminated"  # 已终止
    RECTIFYING = "rectifying"  # 整改中
    REVOKED = "revoked"  # 已撤销
    ANNULLED = "annulled"  # 已注销


class Move(StrEnum):
    """A step of the lifecycle, named as an order: what is done to the matter."""

    CORRECT = "correct"
    SUPPLY = "supply"
    ACCEPT = "accept"
    NOT_REQUIRED = "not_required"
    WRONG_OFFICE = "wrong_office"
    REFUSE = "refuse"
    RETURN = "return"
    REVIEW = "review"
    SUSPEND = "suspend"
    RESUME = "resume"
    GRANT = "grant"
    DENY = "deny"
    HAND_OVER = "hand_over"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    TERMINATE = "terminate"
    RECTIFY = "rectify"
    RECTIFIED = "rectified"
    REVOKE = "revoke"
    ANNUL = "annul"


S, M = State, Move
_UNDECIDED = (S.RECEIVED, S.CORRECTING, S.CORRECTED, S.ACCEPTED, S.UNDER_REVIEW, S.SUSPENDED)
_CHECKED = (S.RECEIVED, S.CORRECTED)  # complete, or told once what was missing: art. 32 allows no second notice

MOVES: Mapping[Move, tuple[tuple[State, ...], State]] = MappingProxyType(
    {
        M.CORRECT: ((S.RECEIVED,), S.CORRECTING),  # art. 32 (4): once, all that is missing
        M.SUPPLY: ((S.CORRECTING,), S.CORRECTED),
        M.ACCEPT: (_CHECKED, S.ACCEPTED),  # art. 32 (5), and deemed acceptance of (4)
        M.NOT_REQUIRED: (_CHECKED, S.NOT_REQUIRED),  # art. 32 (1)
        M.WRONG_OFFICE: (_CHECKED, S.WRONG_OFFICE),  # art. 32 (2)
        M.REFUSE: (_CHECKED, S.REFUSED),
        M.RETURN: (_CHECKED, S.RETURNED),  # 市场主体登记管理条例 19: incomplete, a new submission
        M.REVIEW: ((S.ACCEPTED,), S.UNDER_REVIEW),
        M.SUSPEND: ((S.UNDER_REVIEW,), S.SUSPENDED),  # art. 45
        M.RESUME: ((S.SUSPENDED,), S.UNDER_REVIEW),
        M.GRANT: ((S.UNDER_REVIEW,), S.GRANTED),  # art. 38
        M.DENY: ((S.UNDER_REVIEW,), S.DENIED),
        M.HAND_OVER: ((S.GRANTED, S.DENIED), S.HANDED_OVER),  # art. 44
        M.WITHDRAW: (_UNDECIDED, S.WITHDRAWN),
        M.LAPSE: ((S.CORRECTING, S.ACCEPTED, S.UNDER_REVIEW, S.SUSPENDED), S.LAPSED),
        M.TERMINATE: (_UNDECIDED, S.TERMINATED),
        M.RECTIFY: ((S.GRANTED, S.HANDED_OVER), S.RECTIFYING),
        M.RECTIFIED: ((S.RECTIFYING,), S.HANDED_OVER),
        M.REVOKE: ((S.GRANTED, S.HANDED_OVER, S.RECTIFYING), S.REVOKED),  # art. 69, 79
        M.ANNUL: ((S.GRANTED, S.HANDED_OVER), S.ANNULLED),  # art. 70
    }
)

UNDECIDED: frozenset[State] = frozenset(_UNDECIDED)
OPEN: frozenset[State] = frozenset((*_UNDECIDED, S.GRANTED, S.DENIED, S.RECTIFYING))
"""States in which a matter still needs somebody. No case ends while one of its matters is in such a state."""

SUSPENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "hearing": "听证",
        "tender": "招标",
        "auction": "拍卖",
        "inspection": "检验",
        "testing": "检测",
        "quarantine": "检疫",
        "appraisal": "鉴定",
        "expert_review": "专家评审",
        "assessment": "评估",  # 政府核准和备案投资项目管理条例 12
        "announcement": "公示",  # 不动产登记暂行条例实施细则 17
    }
)
"""The reasons for which a clock may be suspended, by key, in the words of the law.

Source: 行政许可法 art. 45; for the last two, the regulations beside them.
"""


def stands(decision: str | None, state: str) -> bool:
    """Whether a matter with this decision and state is granted, and its grant in force: not revoked or annulled."""
    return decision == State.GRANTED and state in (State.GRANTED, State.HANDED_OVER, State.RECTIFYING)


def suspension(reason: str) -> str:
    """The key of a reason for a suspension, given by its key or in the words of the law. Raises InvalidInput."""
    for key, words in SUSPENSIONS.items():
        if reason in (key, words):
            return key
    raise InvalidInput(
        f"Expected a reason of 行政许可法 art. 45 ({', '.join(SUSPENSIONS)}); found {reason!r}.",
        sentence="suspension_reason",
        errors={"reason": f"one of {', '.join(SUSPENSIONS)}"},
        given=reason,
        known=list(SUSPENSIONS),
    )


def moved(number: str, state: State, move: Move) -> State:
    """The state of matter `number` after a move. Raises IllegalMove, which lists the moves that are possible."""
    sources, target = MOVES[move]
    if state not in sources:
        allowed = ", ".join(m for m, (froms, _) in MOVES.items() if state in froms) or "nothing"
        raise IllegalMove(
            f"Expected matter {number} to be {' or '.join(sources)} for '{move}'; it is {state}. "
            f"What can be done now: {allowed}.",
            sentence="illegal_move",
            matter=number,
            state=str(state),
            move=str(move),
        )
    return target


@dataclass(frozen=True, slots=True)
class Action:
    """A type of service task that the engine carries out itself.

    required, optional  names of inputs, read from the scope of the element; without a required one, the command is
                        refused
    outputs             names of result variables, set like those of a completed task
    outside             the port whose answer completes the task after the commit; None: the action is done at once
    move                the step of the lifecycle that the action takes
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    outside: str | None = None
    move: Move | None = None


REGISTERS = (
    "population",  # key: ID number
    "enterprise",  # key: credit code
    "credit",  # key: ID number or credit code
    "marriage",  # key: ID number
    "real_estate",  # key: unit number
    "regional_assessment",  # key: code of the area
)
"""The shared registers 共享登记簿 that a model may ask; the comment says what the key of an entry is."""

_MATTER = ("matter",)

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "matter.receive": Action(("item",), ("area",), _MATTER),
        "matter.correct": Action(("missing",), _MATTER, move=M.CORRECT),
        "matter.supply": Action((), _MATTER, move=M.SUPPLY),
        # deemed: the office kept silent; tolerated 容缺受理; committed 告知承诺: at most one of them
        "matter.accept": Action((), ("deemed", "tolerated", "committed", "bad_credit", *_MATTER), move=M.ACCEPT),
        "matter.not_required": Action(("reason",), _MATTER, move=M.NOT_REQUIRED),
        "matter.wrong_office": Action(("reason",), ("office", *_MATTER), move=M.WRONG_OFFICE),
        "matter.refuse": Action(("reason",), _MATTER, move=M.REFUSE),
        "matter.return": Action(("reason",), _MATTER, move=M.RETURN),
        "matter.review": Action((), _MATTER, move=M.REVIEW),
        "matter.decide": Action(("outcome",), ("reason", *_MATTER)),  # granted | denied
        "matter.hand_over": Action((), ("channel", *_MATTER), move=M.HAND_OVER),
        "matter.withdraw": Action((), ("reason", *_MATTER), move=M.WITHDRAW),
        "matter.lapse": Action((), ("reason", *_MATTER), move=M.LAPSE),
        "matter.terminate": Action(("reason",), _MATTER, move=M.TERMINATE),
        "matter.rectify": Action(("reason",), _MATTER, move=M.RECTIFY),
        "matter.rectified": Action((), _MATTER, move=M.RECTIFIED),
        "matter.revoke": Action(("reason",), _MATTER, move=M.REVOKE),
        "matter.annul": Action(("reason",), _MATTER, move=M.ANNUL),
        "clock.start": Action(("clock", "limit"), _MATTER),  # limit: {amount, unit, office_hours?}
        "clock.suspend": Action(("reason",), _MATTER),  # the matter's own decision clocks
        "clock.resume": Action((), _MATTER),
        "clock.extend": Action(("amount", "reason"), ("clock", *_MATTER)),
        "clock.stop": Action(("clock",), _MATTER),
        # until: a date or a time, reserved until then, even beyond the end of the case
        "claim.take": Action(("kind", "key"), ("until",)),
        "claim.keep": Action(("kind", "key")),
        "claim.release": Action(("kind", "key")),
        "notice.send": Action(("to", "template"), ("content", *_MATTER)),
        "document.render": Action(("template",), ("content", "name", *_MATTER), ("document",), "documents"),
        # Where `consent` is mapped, the library is asked only if it is true; what has expired is no certificate.
        "certificate.find": Action(("kind", "holder"), ("consent",), ("certificate", "expired"), "certificates"),
        "certificate.issue": Action(
            ("kind", "holder", "content"),
            ("name", "document", "expires_on", *_MATTER),
            ("certificate",),
            "certificates",
        ),
        "courier.dispatch": Action(("address",), ("content",), ("waybill",), "courier"),
        "register.find": Action(("register", "key"), (), ("entry",), "registers"),
        "register.record": Action(("register", "key", "entry"), (), (), "registers"),
        "project.join": Action(("code",), (), ("project",), "projects"),
        "project.hand_on": Action(("facts",), ()),
        "supervision.push": Action(("content",), _MATTER),
    }
)
