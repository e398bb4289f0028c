import pytest

# A live server's tests commit what they write and empty the database behind them; what the migrations load is put back
# for each.
QUICK_JOURNEY = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
BROWSER = [*QUICK_JOURNEY, pytest.mark.slow]
