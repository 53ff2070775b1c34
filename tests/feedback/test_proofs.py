"""That a head that somebody saved is the beginning of the newest one, checked with nothing but what is public."""

import re
import subprocess
import sys

import pytest

from feedback import heads
from tests.feedback.tampering import tamper


@pytest.fixture
def saved(client, receive, tmp_path):
    """A folder with the program, and a head of two events as somebody saved it; the newest is of four."""
    for text in ("Ett", "Två"):
        receive(text)
    heads.sign()
    (tmp_path / "verify.py").write_bytes(client.get("/diarium/huvuden/verify.py").content)
    (tmp_path / "yours.txt").write_bytes(client.get("/diarium/huvuden/2.txt").content)
    for text in ("Tre", "Fyra"):
        receive(text)
    heads.sign()
    return tmp_path


def checked(saved, client) -> str:
    page = client.get("/en/diarium/huvuden/").text
    key = re.search(r"<bdi>([^<]+\+[^<]+)</bdi>", page)[1]
    (link,) = re.findall(r'href="([^"]+/2-4\.txt)"', page)
    (saved / "proof.txt").write_bytes(client.get(link).content)
    (saved / "newest.txt").write_bytes(client.get("/diarium/huvuden/4.txt").content)
    files = ["yours.txt", "newest.txt", "--proof", "proof.txt"]
    command = [sys.executable, "-I", "verify.py", "heads", *files, "--key", key]
    return subprocess.run(command, cwd=saved, capture_output=True, text=True, check=False).stdout


def test_saved_head_is_checked_with_what_the_page_offers(saved, client):
    assert "the head of 4 continues those of 2" in checked(saved, client)


def test_nothing_is_proved_of_a_register_that_was_changed(saved, client):
    tamper("UPDATE feedback_event SET leaf = sha256('') WHERE sequence = 3")
    with pytest.raises(heads.Broken):
        client.get("/diarium/huvuden/2-4.txt")


@pytest.mark.parametrize("place", ["4-2", "2-2", "0-4", "2-5", "3-4", "2/2-4"])
def test_there_is_no_proof_of_what_is_no_head(saved, client, place):
    assert client.get(f"/diarium/huvuden/{place}.txt").status_code == 404
