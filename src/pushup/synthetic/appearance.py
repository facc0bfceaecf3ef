"""How a person looks: skin, hair and clothes, and the colour of every point of the surface."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from pushup.synthetic.textures import noise, pick_colour


class Part(IntEnum):
    """Parts of the surface; right before left, as in pairs elsewhere."""

    TORSO = 0
    NECK = 1
    HEAD = 2
    HAIR = 3
    RIGHT_ARM = 4
    LEFT_ARM = 5
    RIGHT_HAND = 6
    LEFT_HAND = 7
    RIGHT_LEG = 8
    LEFT_LEG = 9
    RIGHT_FOOT = 10
    LEFT_FOOT = 11


_SKIN = np.array(
    [
        (0.93, 0.76, 0.66), (0.88, 0.69, 0.57), (0.83, 0.62, 0.49), (0.76, 0.55, 0.42),
        (0.67, 0.46, 0.34), (0.54, 0.36, 0.26), (0.42, 0.28, 0.20), (0.31, 0.20, 0.15),
    ]
)  # fmt: skip
_HAIR = np.array(
    [(0.06, 0.05, 0.05), (0.12, 0.08, 0.06), (0.22, 0.14, 0.09), (0.38, 0.25, 0.14),
     (0.62, 0.48, 0.28), (0.5, 0.5, 0.5), (0.35, 0.14, 0.07)]
)  # fmt: skip
_MEN = {
    "top": {"none": 0.33, "tee": 0.38, "tank": 0.15, "long": 0.14},
    "bottom": {"shorts": 0.45, "trunks": 0.06, "long": 0.37, "tight": 0.12},
    "hair": {
        "short": 0.66, "bald": 0.14, "afro": 0.05, "long": 0.03, "bun": 0.03, "cap": 0.07,
        "hood": 0.02,
    },
}  # fmt: skip
_WOMEN = {
    "top": {"tee": 0.4, "tank": 0.26, "long": 0.12, "bra": 0.22},
    "bottom": {"shorts": 0.16, "trunks": 0.1, "long": 0.14, "tight": 0.6},
    "hair": {
        "short": 0.12, "long": 0.21, "bun": 0.3, "ponytail": 0.32, "cap": 0.03, "hood": 0.02,
    },
}  # fmt: skip
_PATTERNS = {"plain": 0.5, "stripes": 0.08, "sides": 0.12, "logo": 0.18, "camo": 0.06, "half": 0.06}


def _pick(rng: np.random.Generator, shares: dict[str, float]) -> str:
    return str(rng.choice(list(shares), p=list(shares.values())))


_SKIN_M, _SHIRT_M, _BOTTOM_M, _HAIR_M, _SHOE_M, _SOLE_M, _SOCK_M, _ACCENT_M, _LIP_M = range(9)


@dataclass(frozen=True)
class Appearance:
    """Appearance.

    Places along a limb run 0 root, 1 middle joint, 2 end; along the trunk 0 hips, 1 shoulders.

    Attributes:
        colours: (9, 3) RGB in 0..1 per material: skin, shirt, bottoms, hair, shoe, sole, sock,
            accent, lips.
        sleeve: Where the sleeves end on the arm; negative = none.
        shirt_from: Lower edge of the shirt on the trunk; above 1.2 = bare chest.
        leg_hem: Where the trousers end on the leg.
        sock_from: Where socks begin on the leg (2 = none).
        hair: "short", "bald", "long", "bun", "ponytail", "cap", "afro" or "hood".
        loose: (shirt, trousers) extra radius in metres.
        pattern: Of the shirt: "plain", "stripes", "sides", "logo", "camo", "half".
        relief: Strength of painted muscles on bare skin.
        gloss: Strength of highlights on skin.
    """

    colours: np.ndarray
    sleeve: float
    shirt_from: float
    straps: bool
    waist: float
    leg_hem: float
    sock_from: float
    shoes: bool
    gloves: bool
    hair: str
    hair_size: float
    beard: float
    loose: tuple[float, float]
    pattern: str
    leg_stripe: bool
    relief: float
    gloss: float
    seed: int

    @classmethod
    def sample(
        cls, rng: np.random.Generator, feminine: float = 0.2, muscle: float = 0.5
    ) -> "Appearance":
        """A random person's clothes, skin and hair."""
        skin = _SKIN[rng.choice(len(_SKIN), p=[0.14, 0.18, 0.18, 0.16, 0.12, 0.09, 0.07, 0.06])]
        skin = np.clip(skin * rng.normal(1, 0.05) + rng.normal(0, 0.012, 3), 0.08, 0.97)
        hair = _HAIR[rng.choice(len(_HAIR), p=[0.36, 0.2, 0.16, 0.1, 0.09, 0.06, 0.03])]
        hair = np.clip(hair * rng.uniform(0.7, 1.3), 0.02, 0.8)
        worn = _WOMEN if rng.random() < feminine else _MEN
        top, bottom, style = (_pick(rng, worn[what]) for what in ("top", "bottom", "hair"))
        shoes = rng.random() < 0.72
        lips = skin * np.array([0.86, 0.62, 0.62])
        colours = np.stack(
            [skin, pick_colour(rng), pick_colour(rng, dark=0.65), hair, pick_colour(rng),
             pick_colour(rng, light=0.7), pick_colour(rng, light=0.5), pick_colour(rng), lips]
        )  # fmt: skip
        if style == "hood":
            colours[3] = colours[1]
        elif style == "cap":
            colours[3] = pick_colour(rng)
        sleeves = {
            "none": -9.0, "bra": -9.0, "tank": -9.0,
            "tee": rng.uniform(0.35, 0.9), "long": rng.uniform(1.6, 1.98),
        }  # fmt: skip
        hems = {
            "shorts": rng.uniform(0.4, 1.05), "trunks": rng.uniform(0.02, 0.2),
            "long": 1.93, "tight": rng.choice([rng.uniform(1.2, 1.95), rng.uniform(0.3, 0.8)]),
        }  # fmt: skip
        shirt_from = {"none": 9.0, "bra": rng.uniform(0.56, 0.66)}.get(top, rng.uniform(-0.02, 0.2))
        baggy = float(rng.random() < 0.5)
        return cls(
            colours=colours.astype(np.float32),
            sleeve=float(sleeves[top]),
            shirt_from=float(shirt_from),
            straps=top in ("tank", "bra"),
            waist=float(rng.uniform(0.1, 0.3)),
            leg_hem=float(hems[bottom]),
            sock_from=float(rng.uniform(1.55, 1.9) if shoes and rng.random() < 0.6 else 2.0),
            shoes=bool(shoes),
            gloves=bool(rng.random() < 0.05),
            hair=style,
            hair_size=float(rng.uniform(0.6, 1.5)),
            beard=0.0 if worn is _WOMEN else float(rng.random() * (rng.random() < 0.4)),
            loose=(
                0.0 if top == "bra" else float(rng.uniform(0.002, 0.014 + 0.02 * baggy)),
                0.002 if bottom in ("tight", "trunks") else float(rng.uniform(0.008, 0.03)),
            ),
            pattern=_pick(rng, _PATTERNS),
            leg_stripe=bool(rng.random() < 0.15),
            relief=float(np.clip(rng.normal(0.25 + 0.8 * muscle, 0.2), 0, 1.2)),
            gloss=float(rng.uniform(0, 0.35)),
            seed=int(rng.integers(1 << 16)),
        )

    def on_shirt(self, part: np.ndarray, u: np.ndarray, cos: np.ndarray, sin: np.ndarray):
        """Bool per point: covered by the shirt.

        Args:
            part: `Part` values.
            u: Position along the part.
            cos: Position around it: 1 at the body's right, sin: 1 at its front.
            sin: See cos.
        """
        torso = part == Part.TORSO
        neckline = np.where(sin > 0, 1.08 - 0.08 * sin, 1.09)
        if self.straps:
            strap = (np.abs(cos) > 0.62) | (np.abs(cos) < 0.22)
            neckline = np.where(strap, 0.86 + 0.04 * (sin < 0), np.minimum(neckline, 1.05))
        covered = torso & (u > self.shirt_from) & (u < neckline)
        sleeve = (part == Part.RIGHT_ARM) | (part == Part.LEFT_ARM)
        covered |= sleeve & (u < self.sleeve)
        if self.hair == "hood":
            covered |= part == Part.NECK
        return covered

    def material(self, part, u, cos, sin) -> np.ndarray:
        """Material index per point (see `colours`); arguments as in `on_shirt`."""
        out = np.full(part.shape, _SKIN_M)
        leg = (part == Part.RIGHT_LEG) | (part == Part.LEFT_LEG)
        torso = part == Part.TORSO
        out[(torso & (u < self.waist)) | (leg & (u < self.leg_hem))] = _BOTTOM_M
        out[self.on_shirt(part, u, cos, sin)] = _SHIRT_M
        out[leg & (u > self.sock_from) & (u > self.leg_hem)] = _SOCK_M
        out[part == Part.HAIR] = _HAIR_M
        if self.shoes:
            foot = part >= Part.RIGHT_FOOT
            out[foot] = _SHOE_M
            out[foot & (sin < -0.55)] = _SOLE_M
        if self.gloves:
            out[((part == Part.RIGHT_HAND) | (part == Part.LEFT_HAND)) & (u < 0.7)] = _ACCENT_M
        self._patterns(out, part, u, cos, sin)
        return out

    def _patterns(self, out, part, u, cos, sin) -> None:
        shirt, torso = out == _SHIRT_M, part == Part.TORSO
        if self.pattern == "stripes":
            out[shirt & (np.floor(u * 14) % 2 == 0)] = _ACCENT_M
        elif self.pattern == "sides":
            out[shirt & torso & (np.abs(cos) > 0.8)] = _ACCENT_M
        elif self.pattern == "logo":
            out[shirt & torso & (np.abs(cos) < 0.45) & (np.abs(u - 0.7) < 0.09)] = _ACCENT_M
        elif self.pattern == "half":
            out[shirt & (~torso | (u > 0.75))] = _ACCENT_M
        if self.leg_stripe:
            leg = (part == Part.RIGHT_LEG) | (part == Part.LEFT_LEG)
            out[leg & (out == _BOTTOM_M) & (np.abs(cos) > 0.94)] = _ACCENT_M

    def colour(self, part, u, cos, sin) -> tuple[np.ndarray, np.ndarray]:
        """(P, 3) RGB albedo and (P,) bool of cloth; arguments as in `on_shirt`."""
        material = self.material(part, u, cos, sin)
        rgb = self.colours[material]
        cloth = (material != _SKIN_M) & (material != _LIP_M)
        angle = np.arctan2(sin, cos)
        offset = part.astype(np.float32) * 17 + self.seed
        fine = noise(u * 60 + offset, angle * 30)
        fold = noise(u * 22 + offset, angle * 9)[:, 0]
        depth = np.where(cloth, np.float32(0.16), np.float32(0.05))
        shade = 1 + depth * (fold - 0.5) + 0.08 * (fine[:, 0] - 0.5)
        hair = part == Part.HAIR
        shade[hair] += 0.5 * (noise(u[hair] * 9, angle[hair] * 90)[:, 1] - 0.5)
        if self.pattern == "camo":
            shirt = material == _SHIRT_M
            shade[shirt] *= np.where(fold[shirt] > 0.5, 1.25, 0.7)
        self._relief(shade, (part == Part.TORSO) & (material == _SKIN_M), u, cos, sin)
        self._face(shade, part == Part.HEAD, u, angle)
        hands = (part == Part.RIGHT_HAND) | (part == Part.LEFT_HAND)
        shade[hands] *= 1 - 0.35 * ((u > 0.5) & (np.abs(np.sin(cos * 6.0)) < 0.3))[hands]
        return rgb * shade[:, None], cloth

    def _relief(self, shade, where, u, cos, sin) -> None:
        """Darken the furrows of a bare trunk in place."""
        if not where.any():
            return
        u, cos, sin = u[where], cos[where], sin[where]
        chest = _line(u, 0.66, 0.02) * (np.abs(cos) < 0.8)
        middle = _line(cos, 0, 0.07) * (u > 0.2) * (u < 0.95)
        belly = _line(u, 0.54, 0.012) + _line(u, 0.45, 0.012) + _line(u, 0.36, 0.012)
        navel = _line(u, 0.27, 0.012) * _line(cos, 0, 0.06)
        ahead = 0.7 * chest + 0.4 * middle + 0.3 * belly * (np.abs(cos) < 0.4) + 2 * navel
        blade = _line(np.abs(cos), 0.55, 0.09) * _line(u, 0.78, 0.1)
        behind = 0.7 * _line(cos, 0, 0.09) * (u < 0.97) + 0.35 * blade
        furrow = np.where(sin > 0.2, ahead, np.where(sin < -0.2, behind, 0))
        shade[where] *= 1 - np.clip(self.relief * 0.6 * furrow, 0, 0.6)

    def _face(self, shade, where, u, angle) -> None:
        """Darken eyes, brows, mouth, nostrils and beard in place."""
        if not where.any():
            return
        h, side = u[where], np.abs(angle[where] - np.pi / 2)

        def spot(at_h: float, at_a: float, size_h: float, size_a: float) -> np.ndarray:
            return _line(h, at_h, size_h) * _line(side, at_a, size_a)

        dark = 0.75 * spot(0.5, 0.42, 0.035, 0.13) + 0.55 * spot(0.59, 0.42, 0.022, 0.22)
        dark += 0.45 * spot(0.19, 0.0, 0.022, 0.32) + 0.5 * spot(0.31, 0.1, 0.02, 0.06)
        dark += 0.2 * spot(0.5, 0.42, 0.09, 0.25)
        jaw = (h < 0.3) * (side < 1.5) * (1 - spot(0.19, 0, 0.04, 0.3))
        shade[where] *= 1 - np.clip(dark + 0.6 * self.beard * jaw, 0, 0.85)


def _line(x: np.ndarray, at: float, width: float) -> np.ndarray:
    """A bell of height one."""
    return np.exp(-(((x - at) / width) ** 2))
