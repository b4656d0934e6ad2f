import warnings
print([f for f in warnings.filters][:6])
import mlflow.pyfunc
def test_a(): assert 1
