"""The arithmetic of the Mozilla HTTP Observatory (src/grader/charts.js). It scans one address of a site, we all."""

import re

BONUS_FROM = 90


def score(headers: dict, *, cookies: list[str] = (), scripts_without_integrity: int = 0) -> tuple[int, dict[str, int]]:
    """`cookies` are Set-Cookie lines. Returns the score, and what it is made of."""
    got = {name.lower(): value for name, value in headers.items()}
    policy = parse_policy(got.get("content-security-policy", ""))
    parts = {
        "csp": score_policy(policy),
        "hsts": score_hsts(got.get("strict-transport-security", "")),
        "nosniff": 0 if got.get("x-content-type-options") == "nosniff" else -5,
        "frames": score_frames(policy, got.get("x-frame-options", "")),
        "referrer": score_referrer(got.get("referrer-policy", "")),
        "opener": 10 if got.get("cross-origin-opener-policy") == "same-origin" else 0,
        "embedder": 10 if got.get("cross-origin-embedder-policy") in {"require-corp", "credentialless"} else 0,
        "resource": 10 if got.get("cross-origin-resource-policy") in {"same-origin", "same-site"} else 0,
        "cors": -50 if "access-control-allow-credentials" in got else 0,
        "cookies": score_cookies(cookies),
    }
    penalties = sum(points for points in parts.values() if points < 0)
    bonuses = sum(points for points in parts.values() if points > 0)
    total = 100 + penalties
    return (total + bonuses if total >= BONUS_FROM else total), parts


def parse_policy(text: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for part in text.split(";") if (words := part.split())}


def score_policy(policy: dict[str, list[str]]) -> int:
    if not policy:
        return -25
    scripts = policy.get("script-src", policy.get("default-src", ["*"]))
    styles = policy.get("style-src", policy.get("default-src", ["*"]))
    has_nonce = any(re.match(r"'(nonce|sha\d+)-", word) for word in scripts)
    if {"*", "data:", "https:", "http:"} & set(scripts) or ("'unsafe-inline'" in scripts and not has_nonce):
        return -20
    if "'unsafe-eval'" in scripts:
        return -10
    if {"'unsafe-inline'", "data:", "*"} & set(styles):
        return 0
    return 10 if policy.get("default-src") == ["'none'"] else 5


def score_hsts(value: str) -> int:
    found = re.search(r"max-age=(\d+)", value)
    if not found:
        return -20
    return 0 if int(found[1]) >= 15_768_000 else -10


def score_frames(policy: dict[str, list[str]], frame_options: str) -> int:
    if policy.get("frame-ancestors") in (["'none'"], ["'self'"]):
        return 5
    return 0 if frame_options.upper() in {"DENY", "SAMEORIGIN"} else -20


def score_referrer(value: str) -> int:
    if value in {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}:
        return 5
    return -5 if value in {"unsafe-url", "origin", "origin-when-cross-origin"} else 0


def score_cookies(cookies: list[str]) -> int:
    if not cookies:
        return 0
    points = 5
    for cookie in cookies:
        attributes = {word.strip().split("=")[0].lower() for word in cookie.split(";")[1:]}
        if "secure" not in attributes:
            return -40
        if "httponly" not in attributes:
            return -30
        if "samesite" not in attributes:
            points = 0
    return points
