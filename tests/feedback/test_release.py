"""What a registrar makes public of a text: all but what is masked, and never a personal number."""

import re
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import register, release
from feedback.masks import GAP, Ground, Mask, apart, facts_of, masked, pieces
from feedback.models import Event, Passage, Standing
from feedback.steps import Deed

DAY = date(2090, 1, 1)
NUMBER = "701063-2391"
MESSAGE = f"Bo Ek, {NUMBER}, bo@example.com: Boken är slut. Ring bo ek på 044-13 50 00."


@pytest.fixture
def registrar(db, django_user_model):
    user = django_user_model.objects.create(username="anna", is_staff=True)
    user.groups.add(Group.objects.get(name="Registrars"))
    return user


@pytest.fixture
def entry(receive):
    return receive(MESSAGE)


def over(words: str, text: str = MESSAGE, ground: str = Ground.PERSONAL_DATA) -> Mask:
    start = text.index(words)
    return Mask(start, start + len(words), ground, DAY)


def public_text() -> str:
    return Passage.objects.get(event__kind=Deed.RELEASED, name="text").text


# Masks.


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(alphabet="ab█ \n", min_size=1, max_size=30),
    cuts=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=5),
)
def test_copy_comes_apart_as_it_was_made(text, cuts):
    masks = apart(
        Mask(start, min(start + length, len(text)), Ground.OTHER, DAY) for start, length in cuts if start < len(text)
    )
    hidden = {place for mask in masks for place in range(mask.start, mask.end)}
    shown = list(pieces(masked(text, masks), facts_of(masks)))
    left = "".join(sign for place, sign in enumerate(text) if place not in hidden)
    assert "".join(piece.text for piece in shown if not piece.ground) == left
    assert sum(bool(piece.ground) for piece in shown) == len(masks)


def test_facts_of_a_copy_are_those_of_every_text_that_it_can_be_of():
    """They are public in the log, so that they tell nothing of what is masked, and not how long it is."""
    for name in ("Bo", "Bartolomeus"):
        text = f"{name}, ring {name}."
        masks = [Mask(start, end, Ground.OTHER, DAY) for start, end in release.places_of(name, text)]
        assert masked(text, masks) == f"{GAP}, ring {GAP}."
        assert [fact["at"] for fact in facts_of(masks)] == [0, 12]


def test_words_are_found_wherever_they_stand_and_within_others_only_if_nowhere_else():
    assert list(release.places_of("bo", "Bo bor. Boken, bo!")) == [(0, 2), (15, 17)]
    assert list(release.places_of("bok", "Boken")) == [(0, 3)]
    assert list(release.places_of("Bo Ek", "Bo\n Ek")) == [(0, 6)]
    assert list(release.places_of("(", "a (b")) == [(2, 3)]
    assert list(release.places_of("nej", "Boken")) == []
    assert list(release.places_of(" ", "a b")) == []


# Releasing.


def test_copy_is_public_and_the_original_as_it_was(entry, registrar):
    release.release(entry, [over(NUMBER), over("Bo Ek")], by=registrar)
    event = Event.objects.get(kind=Deed.RELEASED)
    assert public_text() == MESSAGE.replace(NUMBER, GAP).replace("Bo Ek", GAP)
    assert event.facts == {
        "masks": [
            {"at": 0, "ground": "personal_data", "review_on": "2090-01-01"},
            {"at": 7, "ground": "personal_data", "review_on": "2090-01-01"},
        ]
    }
    assert event.by == registrar
    assert entry.message == MESSAGE
    assert Standing.objects.get().released == event


@pytest.mark.parametrize(
    "masks", [[], [over("bo@example.com")], [over("701063")], [over("2391")], [over("0")]], ids=str
)
def test_personal_number_that_is_left_is_never_released(entry, masks):
    with pytest.raises(register.Refused, match=r"personnummer|identity"):
        release.release(entry, masks)
    assert not Event.objects.filter(kind=Deed.RELEASED).exists()


def test_number_that_a_gap_would_make_is_refused(receive):
    text = "19121212 inte-1212"
    assert not release.numbers_left(text, [])
    assert not release.numbers_left(text, [over(" inte", text)])


def test_secret_text_is_not_released(entry):
    register.record(entry, Deed.MARKED_SECRET, facts={})
    with pytest.raises(register.Refused):
        release.release(entry, [over(NUMBER)])
    register.record(entry, Deed.UNMARKED)
    release.release(entry, [over(NUMBER)])


def test_mail_that_goes_off_meanwhile_is_no_news(entry):
    for deed in (
        lambda seen: release.describe(entry, sender="private", seen=seen),
        lambda seen: release.release(entry, [over(MESSAGE)], seen=seen),
        lambda seen: release.withdraw(entry, seen=seen),
    ):
        seen = Event.objects.last().sequence
        register.record(entry, Deed.SENT, facts={"document": 1})
        deed(seen)
        with pytest.raises(register.Changed):
            deed(seen)


def test_taken_back_it_is_not_public(entry):
    release.release(entry, [over(NUMBER)])
    release.withdraw(entry)
    assert Standing.objects.get().released is None
    with pytest.raises(register.Refused):
        release.withdraw(entry)


@pytest.mark.parametrize(
    "said",
    [
        {"sender": "role", "sender_name": f"Bo {NUMBER}"},
        {"sender": "private", "subject": "Om 19121212-1212"},
        {"sender": "organisation", "sender_name": " "},
    ],
)
def test_description_that_names_a_number_or_nobody_is_refused(entry, said):
    with pytest.raises(register.Refused):
        release.describe(entry, **said)


def test_private_person_is_not_named_even_in_what_is_stored(entry):
    release.describe(entry, sender="private", sender_name="Bo Ek", subject="Boken")
    assert set(Event.objects.get(kind=Deed.DESCRIBED).commitments) == {"subject"}


# The screen.


@pytest.fixture
def screen(client, registrar, entry) -> str:
    client.force_login(registrar)
    return reverse("admin:feedback_entry_release", kwargs={"entry_id": entry.pk})


def sent(html: str) -> dict[str, str]:
    """What the form that releases would send as it stands."""
    form = html[html.rindex("<form", 0, html.index("Other words" if "Other words" in html else "Andra ord")) :]
    form = form[: form.index("</form>")]
    values = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if found.get("type") != "checkbox" or " checked" in tag:
            values[found["name"]] = found.get("value", "on" if found.get("type") == "checkbox" else "")
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        values[name] = re.search(r'value="([^"]*)" selected', options)[1]
    values.pop("csrfmiddlewaretoken", None)
    return values


def test_what_is_suspected_is_masked_unless_the_registrar_says_otherwise(client, screen, entry):
    first = client.get(screen).text
    assert re.findall(r"<mark[^>]*>([^<]+)</mark>", first)[:3] == [NUMBER, "bo@example.com", "044-13 50 00"]
    values = sent(first) | {"words-0-words": "bo ek", "action": "preview"}
    del values["span-2-is_masked"]
    preview = client.post(screen, values).text
    assert not Event.objects.filter(kind=Deed.RELEASED).exists()
    shown = re.search(r'id="preview">(.*?)</fieldset>', preview, re.DOTALL)[1]
    assert "Boken är slut" in shown
    assert "044-13 50 00" in shown.partition("errorlist")[2]
    for hidden in (NUMBER, "bo@example.com", "Bo Ek", "bo ek"):
        assert hidden not in shown
    assert client.post(screen, sent(preview) | {"action": "release"}).status_code == 302
    assert public_text() == f"{GAP}, {GAP}, {GAP}: Boken är slut. Ring {GAP} på 044-13 50 00."
    grounds = [mask["ground"] for mask in Event.objects.get(kind=Deed.RELEASED).facts["masks"]]
    assert grounds == ["personal_data", "personal_number", "personal_data", "personal_data"]
    assert client.post(screen, {"action": "withdraw", "seen": str(Standing.objects.get().last_id)}).status_code == 302
    assert Standing.objects.get().released is None


def test_what_was_not_previewed_is_not_released(client, screen):
    values = sent(client.get(screen).text)
    assert client.post(screen, values | {"action": "release"}).status_code == 200
    preview = sent(client.post(screen, values | {"action": "preview"}).text)
    changed = preview | {"words-0-words": "slut", "action": "release"}
    assert client.post(screen, changed).status_code == 200
    assert not Event.objects.filter(kind=Deed.RELEASED).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"span-0-is_masked": None},
        {"span-0-ground": ""},
        {"span-0-review_on": "2020-01-01"},
        {"span-0-review_on": ""},
        {"words-0-words": "finns inte"},
    ],
    ids=str,
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(client, screen, wrong):
    values = sent(client.get(screen).text) | {"words-1-words": "Boken", "action": "preview"} | wrong
    html = client.post(screen, {name: value for name, value in values.items() if value is not None}).text
    assert "errornote" in html
    assert 'id="preview"' not in html
    assert 'value="Boken"' in html


def test_less_that_is_masked_at_the_same_place_was_not_previewed(client, screen):
    values = sent(client.get(screen).text) | {"words-0-words": "på 044-13 50"}
    del values["span-2-is_masked"]
    preview = sent(client.post(screen, values | {"action": "preview"}).text)
    less = preview | {"words-0-words": "på", "action": "release"}
    assert client.post(screen, less).status_code == 200
    assert not Event.objects.filter(kind=Deed.RELEASED).exists()


def test_somebody_elses_step_meanwhile_is_told_of(client, screen, entry, registrar):
    preview = sent(client.post(screen, sent(client.get(screen).text) | {"action": "preview"}).text)
    register.record(entry, Deed.ASSIGNED, facts={"to": registrar.pk})
    html = client.post(screen, preview | {"action": "release"}).text
    assert "errornote" in html
    assert not Event.objects.filter(kind=Deed.RELEASED).exists()
    again = sent(client.post(screen, sent(html) | {"action": "preview"}).text)
    assert client.post(screen, again | {"action": "release"}).status_code == 302


def test_secret_text_is_not_shown_to_be_released(client, screen, entry):
    register.record(entry, Deed.MARKED_SECRET, facts={})
    html = client.get(screen).text
    assert "Boken" not in html
    assert client.post(screen, {"action": "release"}).status_code == 200


@pytest.mark.parametrize("name", ["release", "describe"])
def test_only_registrars_may(client, entry, django_user_model, name):
    place = reverse(f"admin:feedback_entry_{name}", kwargs={"entry_id": entry.pk})
    client.force_login(django_user_model.objects.create(username="root", is_staff=True, is_superuser=True))
    assert client.get(place).status_code == 403
    assert client.post(place, {"action": "release"}).status_code == 403


def test_description_warns_of_an_address_and_lets_it_through_when_told_to(client, entry, screen):
    place = reverse("admin:feedback_entry_describe", kwargs={"entry_id": entry.pk})
    values = {"sender": "organisation", "sender_name": "info@forening.example", "subject": "", "seen": "0"}
    values["seen"] = str(Standing.objects.get().last_id)
    warned = client.post(place, values)
    assert warned.status_code == 200
    assert 'name="anyway"' in warned.text
    assert client.post(place, values | {"anyway": "on"}).status_code == 302
    assert "info@forening.example" in client.get("/diarium/").text


def test_what_was_masked_stays_so_when_it_is_released_once_more(client, screen, entry, registrar):
    release.release(entry, [over(NUMBER), over("Boken", ground=Ground.HEALTH), over("slut")], by=registrar)
    release.withdraw(entry, by=registrar)
    begun = sent(client.get(screen).text)
    # The address was let through.
    assert "span-1-is_masked" not in begun
    preview = sent(client.post(screen, begun | {"action": "preview"}).text)
    assert client.post(screen, preview | {"action": "release"}).status_code == 302
    first, again = Event.objects.filter(kind=Deed.RELEASED)
    texts = [Passage.objects.get(event=event, name="text").text for event in (first, again)]
    assert texts == [f"Bo Ek, {GAP}, bo@example.com: {GAP} är {GAP}. Ring bo ek på 044-13 50 00."] * 2
    assert first.facts == again.facts


def test_a_letter_masks_no_words(entry):
    assert list(release.places_of("e", "Hemma hos mej.")) == []
    assert list(release.places_of("emm", "Hemma hos mej.")) == [(1, 4)]


def test_hidden_sender_is_not_on_the_screen_that_describes(client, screen, entry, registrar):
    release.describe(entry, sender="organisation", sender_name="Föreningen Ek", by=registrar)
    describe = f"/admin/feedback/entry/{entry.pk}/describe/"
    assert "Föreningen Ek" in client.get(describe).text
    register.record(entry, Deed.MARKED_SECRET, facts={"sender_hidden": True})
    assert "Föreningen Ek" not in client.get(describe).text
